#include "cli/generate/spoil.h"

#include <array>
#include <string_view>

namespace blockwatch {
namespace {

constexpr std::size_t kTooLargeBytes = 65'600;

void bad_value(Random& random, Draft& d) {
  switch (random.below(10)) {
    case 0:
      d.message_key = " DQ";
      break;
    case 1:
      d.outcome = "ANSWERED";
      break;
    case 2:
      d.channel = "two words";
      break;
    case 3:
      d.purpose = "CCC";
      break;
    case 4:
      d.results.clear();
      d.extra = R"("results":{"destination":"IL","outcome":"answered"},)";
      break;
    case 5:
      d.image = Draft::Image::absent;
      d.extra = R"("image_requested":"yes",)";
      break;
    case 6:
      d.raw_destinations = R"(["IL",null])";
      break;
    case 7:
      d.id.clear();
      break;
    case 8:
      d.id.assign(129, 'x');
      break;
    default:
      d.line = "TOOLONG";
      break;
  }
}

void bad_utf8(Random& random, Draft& d) {
  constexpr std::array<std::string_view, 5> kTexts{"\xC3\x28", "\xC0\xAF", "\xED\xA0\x80", "\\ud800 alone",
                                                   "\\uDC00\\uD800"};
  d.extra = "\"remarks\":\"";
  d.extra += random.pick(kTexts);
  d.extra += "\",";
}

void duplicate_field(Random& random, Draft& d) {
  constexpr std::array<std::string_view, 4> kMembers{
      R"("time":"2025-01-01T00:00Z",)", R"("\u0069d":"again",)", R"("remarks":{"lines":[{"n":1,"n":2}]},)",
      R"("control_field":null,)"};
  d.extra = random.pick(kMembers);
}

void bad_time(Random& random, Draft& d) {
  constexpr std::array<std::string_view, 9> kTimes{
      "2025-13-01T00:00:00Z",  "2025-11-12 10:00:00Z",      "2025-11-12T10:00:00",
      "2025-02-29T10:00:00Z",  "2025-11-12T24:00:00Z",      "2025-11-12T10:00:60Z",
      "2025-11-12T10:00:00.Z", "2025-11-12T10:00:00+24:00", "yesterday"};
  d.raw_time = '"';
  d.raw_time += random.pick(kTimes);
  d.raw_time += '"';
}

void bad_ori(Random& random, Draft& d) {
  constexpr std::array<std::string_view, 5> kOris{"VTICE090", "VTICE-900", "", "VTICE09000",
                                                  "\xC3\x84TICE090"};
  d.ori = random.pick(kOris);
}

void bad_destination(Random& random, Draft& d) {
  constexpr std::array<std::string_view, 4> kLists{"[]", R"(["ILLINOIS"])", R"([""," "])",
                                                   R"(["I","IL-PD0010"])"};
  d.results.clear();
  d.raw_destinations = random.pick(kLists);
}

std::string too_deep() {
  constexpr std::size_t kLevels = 70;
  return R"({"remarks":)" + std::string(kLevels, '[') + std::string(kLevels, ']') + "}";
}

void not_json(Random& random, std::string& payload) {
  switch (random.below(8)) {
    case 0:
      payload.clear();
      break;
    case 1:
      payload.resize(1 + random.below(payload.size() - 1));
      break;
    case 2:
      payload.insert(0, "\xEF\xBB\xBF");
      break;
    case 3:
      payload.insert(1, R"("weight":NaN,)");
      break;
    case 4:
      payload = too_deep();
      break;
    case 5:
      payload.insert(1, R"("serial":18446744073709551616,)");
      break;
    case 6:
      payload.insert(1, R"("score":1e999,)");
      break;
    default:
      payload.insert(payload.size() - 1, ",");
      break;
  }
}

void trailing_bytes(Random& random, std::string& payload) {
  constexpr std::array<std::string_view, 4> kTails{"}", " {}", ",", " end"};
  payload += random.pick(kTails);
}

}  // namespace

void spoil_draft(RejectReason reason, TimeNs sent_at, Random& random, Draft& draft) {
  constexpr std::int64_t kRetentionDays = 3653;
  switch (reason) {
    case RejectReason::too_large:
      draft.extra = "\"photo\":\"" + std::string(kTooLargeBytes, 'A') + "\",";
      break;
    case RejectReason::bad_utf8:
      bad_utf8(random, draft);
      break;
    case RejectReason::bad_value:
      bad_value(random, draft);
      break;
    case RejectReason::duplicate_field:
      duplicate_field(random, draft);
      break;
    case RejectReason::missing_field:
      draft.omitted = static_cast<Field>(1 + random.below(6));
      break;
    case RejectReason::bad_time:
      bad_time(random, draft);
      break;
    case RejectReason::future_time:
      draft.time = sent_at + random.between(400, 3650) * kDay;
      break;
    case RejectReason::before_retention:
      draft.time = sent_at - (kRetentionDays + random.between(400, 3650)) * kDay;
      break;
    case RejectReason::bad_ori:
      bad_ori(random, draft);
      break;
    case RejectReason::too_many_destinations:
      draft.destinations.assign(65 + random.below(20), "IL");
      break;
    case RejectReason::bad_destination:
      bad_destination(random, draft);
      break;
    case RejectReason::not_json:
    case RejectReason::trailing_bytes:
      break;  // spoiled once written
  }
}

void spoil_payload(RejectReason reason, Random& random, std::string& payload) {
  if (reason == RejectReason::not_json) {
    not_json(random, payload);
  } else if (reason == RejectReason::trailing_bytes) {
    trailing_bytes(random, payload);
  } else if (reason == RejectReason::bad_value && random.below(8) == 0) {
    payload = "[" + payload + "]";
  }
}

}  // namespace blockwatch
