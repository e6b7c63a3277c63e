// 18,000 ORIs and 10,000 policies load in under a second; far more agencies than usual do not make it
// quadratic.
#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/config/support.h"

namespace blockwatch {
namespace {

using testing_config::read_bytes;
using testing_config::texts;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSecondsMax = 20;
#elif defined(__OPTIMIZE__)
constexpr double kSecondsMax = 1;
#else
constexpr double kSecondsMax = 5;  // a build for the debugger
#endif

constexpr int kPolicies = 10'000;

std::string many_blocks(const Catalog& catalog) {
  std::string text;
  const std::size_t nodes = catalog.nodes.size();
  for (int i = 0; i < kPolicies; ++i) {
    const auto n = static_cast<std::size_t>(i);
    const std::string state(jurisdiction_code(static_cast<Jurisdiction>(n % kJurisdictionCount)));
    text +=
        "[[block]]\nid = \"block-" + std::to_string(i) + "\"\njurisdictions = [\"" + state +
        "\"]\nagencies = [\"" + catalog.nodes[n % nodes].id + "\"]\nexcept_agencies = [\"" +
        catalog.nodes[(n + 1) % nodes].id + "\"]\n" +
        "classes = [\"driver_license\"]\nordered_at = 2025-01-01T00:00:00-06:00\nenforce_from = "
        "2025-01-15T00:00:00-06:00\n" +
        "authority = \"example\"\n[[block.exception]]\nreference = \"r\"\npurposes = [\"C\"]\nmax_uses = 5\n";
  }
  return text;
}

/// Of this process's own work: loading uses one thread, and what else runs on the machine must not fail the
/// test.
double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

TEST(LoadingSpeed, IsUnderASecondFor18000OrisAnd10000Policies) {
  const std::string agencies = read_bytes(testing_config::examples() / "agencies.toml");
  const std::string oris = read_bytes(testing_config::examples() / "oris.csv");
  Diagnostics diagnostics;
  const auto first = parse_catalog("a", agencies, "o", oris, diagnostics);
  ASSERT_TRUE(first);
  const std::string blocks = many_blocks(*first);
  const double start = cpu_seconds();
  const auto catalog = parse_catalog("a", agencies, "o", oris, diagnostics);
  const auto policy = parse_policy("p", blocks, *catalog, diagnostics);
  const double seconds = cpu_seconds() - start;
  ASSERT_TRUE(policy) << texts(diagnostics);
  EXPECT_EQ(policy->rules.size(), std::size_t{kPolicies});
  EXPECT_LT(seconds, kSecondsMax);
  RecordProperty("seconds", std::to_string(seconds));
}

TEST(LoadingSpeed, IsNotQuadraticInAgencies) {
  // 20,000 agencies in one chain, the deepest tree there can be, under 10,000 policies.
  std::string agencies;
  for (int i = 0; i < 20'000; ++i) {
    agencies += "[[agency]]\nid = \"a" + std::to_string(i) + "\"\n";
    if (i > 0) agencies += "parent = \"a" + std::to_string(i - 1) + "\"\n";
  }
  Diagnostics diagnostics;
  const double start = cpu_seconds();
  const auto catalog =
      parse_catalog("a", agencies, "o", std::string(testing_config::kOrisHeader), diagnostics);
  ASSERT_TRUE(catalog) << texts(diagnostics);
  const auto policy = parse_policy("p", many_blocks(*catalog), *catalog, diagnostics);
  ASSERT_TRUE(policy) << texts(diagnostics);
  EXPECT_LT(cpu_seconds() - start, 3 * kSecondsMax);
  EXPECT_EQ(catalog->subtree(*catalog->node("a10000")).size(), catalog->nodes.size());
}

}  // namespace
}  // namespace blockwatch
