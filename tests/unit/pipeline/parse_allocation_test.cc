// Parsing allocates nothing once it has seen a record of that size.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "tests/unit/pipeline/message.h"

namespace {

std::size_t allocations = 0;  // by operator new, of this program and its libraries

[[gnu::noinline]] void* counted(std::size_t size) {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void* counted_or_throw(std::size_t size) {
  if (void* const memory = counted(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void release(void* memory) {
  std::free(memory);
}

}  // namespace

// All forms: simdjson allocates by those that do not throw.
void* operator new(std::size_t size) {
  return counted_or_throw(size);
}
void* operator new[](std::size_t size) {
  return counted_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}

namespace blockwatch {
namespace {

std::size_t allocations_of_a_warm_parse(const std::string& payload,
                                        const std::optional<SourceMapping>& mapping = std::nullopt) {
  Parser parser(65536, mapping);
  QueryEvent event;
  const SourceRecord record{.partition = 0, .offset = 0, .broker_time = kReceived, .payload = payload};
  const auto first = parser.parse(record, event);
  const std::size_t before = allocations;
  const auto second = parser.parse(record, event);
  EXPECT_EQ(first, second);
  return allocations - before;
}

TEST(ParseAllocation, TheCountOfThisTestSeesOperatorNew) {
  const std::size_t before = allocations;
  auto* const kept = new std::vector<int>(100);
  EXPECT_EQ(allocations, before + 2);
  delete kept;
}

TEST(ParseAllocation, TheFirstRecordOfASizeIsWhatAllocates) {
  Parser parser(65536);
  QueryEvent event;
  const std::string payload = Message().with("attention", in_quotes(std::string(60'000, 'x'))).json();
  const std::size_t before = allocations;
  EXPECT_EQ(parser.parse({.partition = 0, .offset = 0, .broker_time = kReceived, .payload = payload}, event),
            std::nullopt);
  EXPECT_GT(allocations, before);
}

TEST(ParseAllocation, AWarmParserAllocatesNothing) {
  Message message;
  message.with("results", R"([{"destination":"NY","outcome":"rejected"}])")
      .with("subject", R"({"a":{"b":[1,"é\u00e9"]}})");
  EXPECT_EQ(allocations_of_a_warm_parse(message.json()), 0U);
  std::string wide = "{\"n\":0";
  for (int i = 0; i < 1000; ++i) wide += ",\"n" + std::to_string(i) + "\":0";
  EXPECT_EQ(allocations_of_a_warm_parse(message.with("attention", wide + "}").json()), 0U);
  EXPECT_EQ(allocations_of_a_warm_parse("{} x"), 0U);
  EXPECT_EQ(allocations_of_a_warm_parse("{\"a\":"), 0U);
}

TEST(ParseAllocation, AWarmParserOfAnotherLayoutAllocatesNothing) {
  SourceMapping mapping;
  const auto field = [&](MappedField name) -> FieldMapping& {
    return mapping.fields.at(static_cast<std::size_t>(name));
  };
  field(MappedField::id).pointer = {"/n", {"n"}};
  field(MappedField::time).pointer = {"/sent", {"sent"}};
  field(MappedField::message_key) = {JsonPointer{"/key", {"key"}}, {}, {}, {{"DLQ", "DQ"}}, {}};
  field(MappedField::ori).pointer = {"/head/ori", {"head", "ori"}};
  field(MappedField::destinations) = {JsonPointer{"/to", {"to"}}, {}, ",", {{"ALL", "NL"}}, {}};
  field(MappedField::channel).fallback = {"a-channel-of-more-than-fifteen-bytes"};
  mapping.results = {{"/back", {"back"}}, {"/by", {"by"}}, {"/code", {"code"}}};
  const std::string record =
      R"({"n":12345678901,"sent":"2025-11-12T20:03:27Z","key":"DLQ","head":{"ori":"VTICE0900"},)"
      R"("to":"IL,NY,ALL","back":[{"by":"IL","code":"answered"}]})";
  EXPECT_EQ(allocations_of_a_warm_parse(record, mapping), 0U);
}

}  // namespace
}  // namespace blockwatch
