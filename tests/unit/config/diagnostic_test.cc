#include "config/diagnostic.h"

#include <string>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

TEST(Diagnostic, PrintsFileLineColumnWhatAndHint) {
  EXPECT_EQ(to_text({"policy.toml", 3, 7, "it is wrong", "mend it"}),
            "policy.toml:3:7: error: it is wrong (mend it)");
}

TEST(Diagnostic, OfAWholeFileHasNoPlace) {
  EXPECT_EQ(to_text({"policy.toml", 0, 0, "it is wrong", "mend it"}),
            "policy.toml: error: it is wrong (mend it)");
}

TEST(Diagnostics, AreInOrderOfFileAsFirstSeenThenLineThenColumn) {
  Diagnostics all;
  EXPECT_TRUE(all.empty());
  all.add({"z.toml", 9, 1, "4", ""});
  all.add({"a.toml", 1, 1, "5", ""});
  all.add({"z.toml", 2, 8, "2", ""});
  all.add({"z.toml", 2, 1, "1", ""});
  all.add({"z.toml", 2, 8, "3", ""});  // of one place: in the order in which they were found
  std::string order;
  for (const Diagnostic& d : all.all()) order += d.what;
  EXPECT_EQ(order, "12345");
  EXPECT_FALSE(all.empty());
}

}  // namespace
}  // namespace blockwatch
