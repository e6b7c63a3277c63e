#include "base/ori.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

TEST(Ori, IsNineOfCapitalsAndDigits) {
  for (const std::string_view good : {"VTICE0900", "000000000", "ZZZZZZZZZ", "A1B2C3D4E"}) {
    ASSERT_TRUE(Ori::from(good)) << good;
    EXPECT_EQ(Ori::from(good)->view(), good);
  }
  for (const std::string_view bad :
       {"", "VTICE090", "VTICE09000", "vtice0900", "VTICE 900", "VTICE090 ", "VTICE090-", "VTICE090@",
        "VTICE090[", "VTICE090/", "VTICE090:", "VTICE09\xC3\x89"}) {
    EXPECT_FALSE(Ori::from(bad)) << bad;
  }
  EXPECT_FALSE(Ori::from(std::string_view("VTICE090\0", 9)));
}

TEST(Ori, IsOrderedByItsBytes) {
  EXPECT_LT(*Ori::from("ILICE0001"), *Ori::from("VTICE0900"));
  EXPECT_LT(*Ori::from("VTICE0900"), *Ori::from("VTICE090A"));
  EXPECT_EQ(*Ori::from("VTICE0900"), *Ori::from("VTICE0900"));
}

TEST(OriHash, TellsOrisApartThatDifferInOnePlace) {
  std::unordered_set<std::size_t> hashes;
  std::size_t count = 0;
  for (std::size_t place = 0; place < Ori::kSize; ++place) {
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789")) {
      std::string text(Ori::kSize, '0');
      text[place] = c;
      hashes.insert(OriHash{}(*Ori::from(text)));
      ++count;
    }
  }
  EXPECT_EQ(hashes.size(), count);
}

}  // namespace
}  // namespace blockwatch
