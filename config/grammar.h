// The grammars of what an operator writes: names, codes, patterns; and the nearest known name of a misspelled
// one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace blockwatch::grammar {

/// Upper- and lower-cases A-Z and a-z only: no other character may turn into one of them.
std::string upper(std::string_view text);
std::string lower(std::string_view text);
/// Without U+0020 at both ends.
std::string_view trimmed(std::string_view text);

/// What keeps `id` from naming an agency, policy or exception, as the end of "it ..."; empty: nothing.
/// Non-empty UTF-8 of at most 128 bytes without control characters: ids are joined by U+001F into incident
/// ids. `without` lists characters that separate this kind of id from its neighbors elsewhere.
std::string id_problem(std::string_view id, std::string_view without = {});

bool is_channel(std::string_view text);      // [a-z0-9_.-]{1,32}; output names too
bool is_line_code(std::string_view text);    // [A-Z0-9]{1,4}
bool is_region_code(std::string_view text);  // [A-Z0-9]{2,4}
bool is_purpose(std::string_view text);      // [A-Z0-9]{1,2}
bool is_topic(std::string_view text);        // Kafka's: [A-Za-z0-9._-]{1,249}, not "." or ".."

/// What keeps `pattern` from matching any ORI; empty: nothing. [A-Z0-9?*]{1,32} that nine characters can
/// match.
std::string pattern_problem(std::string_view pattern);

/// RFC 3339 with offset, or a plain date = 00:00 UTC.
std::optional<TimeNs> time_from(std::string_view text);

/// The byte at which `bytes` stop being UTF-8; empty: they do not.
std::optional<std::size_t> first_bad_utf8(std::string_view bytes);

/// The candidate with the fewest edits, if they are few enough to be a slip.
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string_view>& candidates);

/// `did you mean "NEAREST"?`, or `otherwise`.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates,
                         std::string otherwise);

/// "a, b, c".
std::string joined(const std::vector<std::string_view>& names);

}  // namespace blockwatch::grammar
