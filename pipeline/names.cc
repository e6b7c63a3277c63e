#include "pipeline/names.h"

#include <optional>

#include "base/check.h"

namespace blockwatch {
namespace {

constexpr std::array<Dictionary, kDictionaryCount> kDictionaries{
    Dictionary::agency, Dictionary::ori, Dictionary::channel, Dictionary::policy, Dictionary::policy_digest};

}  // namespace

Names::Names(const Snapshot& snapshot) {
  for (const Dictionary dictionary : kDictionaries) {
    Table& t = table(dictionary);
    t.texts = snapshot.names(dictionary);
    t.stored = t.texts.size();
    for (std::size_t i = 0; i < t.texts.size(); ++i) {
      const auto id = static_cast<DictionaryId>(i);
      const auto ori = dictionary == Dictionary::ori ? Ori::from(t.texts[i]) : std::nullopt;
      if (ori)
        ori_ids_.emplace(*ori, id);
      else
        t.ids.emplace(t.texts[i], id);
    }
  }
}

DictionaryId Names::id(Dictionary dictionary, std::string_view text) {
  BW_CHECK(dictionary != Dictionary::ori || !Ori::from(text));
  Table& t = table(dictionary);
  if (const auto at = t.ids.find(text); at != t.ids.end()) return at->second;
  const auto id = static_cast<DictionaryId>(t.texts.size());
  t.texts.emplace_back(text);
  t.ids.emplace(text, id);
  return id;
}

DictionaryId Names::id(const Ori& ori) {
  std::vector<std::string>& texts = table(Dictionary::ori).texts;
  const auto [at, added] = ori_ids_.try_emplace(ori, static_cast<DictionaryId>(texts.size()));
  if (added) texts.push_back(ori.str());
  return at->second;
}

const std::string& Names::text(Dictionary dictionary, DictionaryId id) const {
  return tables_.at(place_of(dictionary)).texts.at(id);
}

bool Names::knows(Dictionary dictionary, std::string_view text) const {
  return tables_.at(place_of(dictionary)).ids.contains(text);
}

std::size_t Names::new_names() const {
  std::size_t count = 0;
  for (const Table& t : tables_) count += t.texts.size() - t.stored;
  return count;
}

void Names::take_new(CommitBatch& batch) {
  for (const Dictionary dictionary : kDictionaries) {
    Table& t = table(dictionary);
    if (t.stored == t.texts.size()) continue;
    batch.new_names.emplace_back(
        dictionary,
        std::vector<std::string>(t.texts.begin() + static_cast<std::ptrdiff_t>(t.stored), t.texts.end()));
    t.stored = t.texts.size();
  }
}

}  // namespace blockwatch
