// The persisted dictionaries as the worker uses them: text -> small id. New names join the next commit, so
// that an id never stands on the disk without its text.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/ori.h"
#include "base/short_word.h"
#include "pipeline/event.h"
#include "state/records.h"
#include "state/store.h"

namespace blockwatch {

/// Owned by the Applier; the worker's thread. In memory as large as the dictionaries, whose bounds the store
/// holds: a commit with an id beyond them fails.
class Names {
 public:
  explicit Names(const Snapshot& snapshot);

  /// Not of an ORI.
  DictionaryId id(Dictionary dictionary, std::string_view text);
  DictionaryId id(const Ori& ori);
  /// Of a channel. Events name a handful of them, so it is mostly one that was asked for last.
  DictionaryId channel(const ChannelText& text) {
    RecentChannel& recent = recent_channels_[short_signature(text.view())];
    if (recent.text != text) recent = {text, id(Dictionary::channel, text.view())};
    return recent.id;
  }
  /// Not of an ORI.
  bool knows(Dictionary dictionary, std::string_view text) const;
  const std::string& text(Dictionary dictionary, DictionaryId id) const;

  /// How many the store does not have yet.
  std::size_t new_names() const;

  /// Moves what is new since the last call into the batch.
  void take_new(CommitBatch& batch);

 private:
  /// Names come from the catalog, the policy, and channels of 32 bytes at most.
  struct TextHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const {
      std::uint64_t hash = text.size();
      for (std::size_t i = 0; i < text.size(); i += 8) {
        hash = (hash ^ short_word(text.substr(i))) * 0x9E3779B97F4A7C15ULL;
        hash ^= hash >> 32U;
      }
      return hash * 0xD6E8FEB86659FD93ULL;
    }
  };
  struct Table {
    std::vector<std::string> texts;
    boost::unordered_flat_map<std::string, DictionaryId, TextHash, std::equal_to<>> ids;  // but of ORIs
    std::size_t stored = 0;  // how many of texts the store has
  };
  static std::size_t place_of(Dictionary dictionary) { return static_cast<std::size_t>(dictionary) - 1; }
  Table& table(Dictionary dictionary) { return tables_.at(place_of(dictionary)); }

  struct RecentChannel {
    ChannelText text;  // empty, as no channel is: none yet
    DictionaryId id = 0;
  };

  std::array<Table, kDictionaryCount> tables_;
  std::array<RecentChannel, 64> recent_channels_;
  boost::unordered_flat_map<Ori, DictionaryId, OriHash> ori_ids_;  // the one table that can grow large
};

}  // namespace blockwatch
