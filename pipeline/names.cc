#include "pipeline/names.h"

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
      t.ids.emplace(t.texts[i], id);
      if (dictionary != Dictionary::ori) continue;
      if (const auto ori = Ori::from(t.texts[i])) ori_ids_.emplace(*ori, id);
    }
  }
}

DictionaryId Names::id(Dictionary dictionary, std::string_view text) {
  Table& t = table(dictionary);
  if (const auto at = t.ids.find(text); at != t.ids.end()) return at->second;
  const auto id = static_cast<DictionaryId>(t.texts.size());
  t.texts.emplace_back(text);
  t.ids.emplace(text, id);
  return id;
}

DictionaryId Names::id(const Ori& ori) {
  const auto [at, added] = ori_ids_.try_emplace(ori, 0);
  if (added) at->second = id(Dictionary::ori, ori.view());
  return at->second;
}

const std::string& Names::text(Dictionary dictionary, DictionaryId id) const {
  return tables_.at(place_of(dictionary)).texts.at(id);
}

bool Names::knows(Dictionary dictionary, std::string_view text) const {
  return tables_.at(place_of(dictionary)).ids.contains(text);
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
