#include "pipeline/parse_document.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "pipeline/parse_text.h"

namespace blockwatch::parsing {
namespace {

constexpr std::size_t kFirstCapacity = 4096;  // bytes
// Digits that fit into 64 bits whatever they are.
constexpr std::size_t kPlainDigitsMax = 18;
// Above this many members names are sorted instead of compared one by one, so that a hostile object costs
// n log n.
constexpr std::size_t kComparedOneByOneMax = 32;

// Masks of the first 0 to 8 bytes of a word.
constexpr std::array<std::uint64_t, 9> kFirstBytes = [] {
  std::array<std::uint64_t, 9> masks{};
  for (std::size_t bytes = 1; bytes < masks.size(); ++bytes) masks[bytes] = masks[bytes - 1] << 8U | 0xFFU;
  return masks;
}();

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// An integer that needs no closer look.
bool is_plain_integer(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  if (token.empty() || token.size() > kPlainDigitsMax || (token.front() == '0' && token.size() > 1))
    return false;
  return std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Document::Document() {
  reserve(kFirstCapacity);
}

void Document::reserve(std::size_t bytes) {
  if (bytes <= stage_.capacity()) return;
  BW_CHECK(stage_.allocate(std::max(bytes, 2 * stage_.capacity())) == simdjson::SUCCESS);
}

bool Document::read(std::string_view json) {
  fields_.fill(kRoot);
  repeats_a_name_ = false;
  unescaped_size_ = 0;
  // Some versions of simdjson skip a byte order mark, others do not.
  if (json.empty() || json.starts_with("\xEF\xBB\xBF")) return false;
  reserve(json.size());
  auto& stage = *stage_.implementation;
  if (stage.stage1(reinterpret_cast<const std::uint8_t*>(json.data()), json.size(),
                   simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    return false;
  }
  const std::uint32_t count = stage.n_structural_indexes;
  stage.structural_indexes[count] = static_cast<std::uint32_t>(json.size());
  // Each value is in the list.
  if (values_.size() < count) values_.resize(std::max<std::size_t>(count, 2 * values_.size()));
  json_ = json.data();
  json_size_ = json.size();
  has_escapes_ = std::memchr(json.data(), '\\', json.size()) != nullptr;
  // A text shrinks when it loses its escapes; name_of() may read on.
  const std::size_t room = json.size() + sizeof(std::uint64_t);
  if (has_escapes_ && unescaped_.size() < room) unescaped_.resize(room);
  const std::uint32_t* const list = stage.structural_indexes.get();
  list_end_ = list + count;
  // Within a container the list is read without looking for its end: its last entry is a closing bracket,
  // which nothing takes but the end of a container, and whoever goes on behind one looks.
  const auto is_one_of = [&](std::uint32_t at, char a, char b) { return json[at] == a || json[at] == b; };
  if (count == 0 || (is_one_of(list[0], '{', '[') && !is_one_of(list[count - 1], '}', ']'))) return false;
  return value({list, kRoot}, 0, kMessageFields).at == list_end_;
}

inline Document::Place Document::open(Place here, char type) {
  values_[here.next] = {nullptr, 0, 0, type};
  return {here.at + 1, here.next + 1};
}

inline Document::Place Document::close(Place here, Index container) {
  values_[container].end = here.next;
  return {here.at + 1, here.next};
}

// `json`: as json_, in a register.
[[gnu::always_inline]] inline bool Document::string(const char* json, const std::uint32_t* at, Index index) {
  const char* const begin = json + at[0] + 1;
  const char* end = json + at[1] - 1;
  while (*end != '"') {
    if (!is_blank(*end--)) return false;
  }
  if (end < begin) return false;
  std::string_view text(begin, static_cast<std::size_t>(end - begin));
  if (has_escapes_ && !unescape(text)) return false;
  values_[index] = {text.data(), static_cast<std::uint32_t>(text.size()), index + 1, '"'};
  return true;
}

// Sizes of names are hard to foresee, so that no branch depends on them.
[[gnu::always_inline]] inline Name Document::name_of(const char* json, const Value& value) const {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (value.begin + kWord > json + json_size_) return Name(value.text());
  const auto word_at = [](const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, kWord);
    return word;
  };
  const std::size_t size = value.size;
  const std::uint64_t has_tail = size > kWord ? ~std::uint64_t{0} : 0;
  return {word_at(value.begin) & kFirstBytes[std::min(size, kWord)],
          word_at(value.begin + std::max(size, kWord) - kWord) & has_tail, size};
}

// `depth`: containers open around it.
Document::Place Document::value(Place here, std::size_t depth, const FieldNames& names) {
  switch (json_[*here.at]) {
    case '"':
      return string(json_, here.at, here.next) ? Place{here.at + 1, here.next + 1} : kBad;
    case '{':
      return depth < text::kDepthMax ? object(here, depth + 1, names) : kBad;
    case '[':
      return depth < text::kDepthMax ? array(here, depth + 1) : kBad;
    default:
      return scalar(here);
  }
}

Document::Place Document::object(Place here, std::size_t depth, const FieldNames& names) {
  const char* const json = json_;
  const Index self = here.next;
  here = open(here, '{');
  if (json[*here.at] == '}') return close(here, self);
  std::uint64_t seen = 0;  // one bit a name; a bit met twice is no proof, a new one is
  for (std::size_t count = 1;; ++count) {
    const Index member = here.next;
    if (json[here.at[0]] != '"' || json[here.at[1]] != ':' || !string(json, here.at, member)) return kBad;
    const Name name = name_of(json, values_[member]);
    const unsigned signature = name.signature();
    const std::uint64_t bit = std::uint64_t{1} << signature;
    if ((seen & bit) != 0 && count <= kComparedOneByOneMax)
      repeats_a_name_ |= is_among_first(count - 1, self, text(member));
    seen |= bit;
    FieldIndex field = names.find(name, signature);
    here = {here.at + 2, member + 1};
    if (json[*here.at] == '"') {  // most are
      if (!string(json, here.at, here.next)) return kBad;
      here = {here.at + 1, here.next + 1};
    } else {
      here = value(here, depth, field == kOrigin ? kOriginFields : kNoFields);
      if (!here.good() || here.at == list_end_) return kBad;
      if (type(member + 1) == 'n') field = kFieldCount;
    }
    fields_[field] = member + 1;
    const char next = json[*here.at];
    if (next == '}') {
      if (count > kComparedOneByOneMax) repeats_a_name_ |= repeats_a_name(self, here.next);
      return close(here, self);
    }
    if (next != ',') return kBad;
    ++here.at;
  }
}

Document::Place Document::array(Place here, std::size_t depth) {
  const Index self = here.next;
  here = open(here, '[');
  if (json_[*here.at] == ']') return close(here, self);
  while (true) {
    here = value(here, depth, kNoFields);
    if (!here.good() || here.at == list_end_) return kBad;
    const char next = json_[*here.at];
    if (next == ']') return close(here, self);
    if (next != ',') return kBad;
    ++here.at;
  }
}

Document::Place Document::scalar(Place here) {
  const char* const begin = json_ + here.at[0];
  const char* end = json_ + here.at[1];
  while (is_blank(end[-1])) --end;
  const std::string_view text(begin, static_cast<std::size_t>(end - begin));
  char type = text.front();
  if (type == 't' || type == 'f' || type == 'n') {
    if (text != "true" && text != "false" && text != "null") return kBad;
  } else {
    if (!is_plain_integer(text) && !is_valid_alone(text)) return kBad;
    type = '0';
  }
  values_[here.next] = {begin, static_cast<std::uint32_t>(text.size()), here.next + 1, type};
  return {here.at + 1, here.next + 1};
}

bool Document::is_valid_alone(std::string_view scalar) {
  if (padded_.size() < scalar.size() + simdjson::SIMDJSON_PADDING)
    padded_.resize(2 * scalar.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded_.data(), scalar.data(), scalar.size());
  return scalars_.parse(padded_.data(), scalar.size(), false).error() == simdjson::SUCCESS;
}

// What stands between two quotes.
bool Document::unescape(std::string_view& text) {
  if (text.find('\\') == text.npos) return true;
  if (!is_valid_alone({text.data() - 1, text.size() + 2})) return false;
  const std::string_view plain = scalars_.doc.root().get_string().value_unsafe();
  char* const begin = unescaped_.data() + unescaped_size_;
  std::memcpy(begin, plain.data(), plain.size());
  unescaped_size_ += plain.size();
  text = {begin, plain.size()};
  return true;
}

bool Document::is_among_first(std::size_t count, Index object, std::string_view name) const {
  for (Index member = object + 1; count > 0; member = end(member + 1), --count) {
    if (text(member) == name) return true;
  }
  return false;
}

// `end_of_all`: behind its last member.
bool Document::repeats_a_name(Index object, Index end_of_all) {
  names_.clear();
  for (Index member = object + 1; member < end_of_all; member = end(member + 1))
    names_.push_back(text(member));
  std::sort(names_.begin(), names_.end());
  return std::adjacent_find(names_.begin(), names_.end()) != names_.end();
}

}  // namespace blockwatch::parsing
