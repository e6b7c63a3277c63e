// A state that the product made agrees with itself; each thing that is changed behind its back is named.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "state/codec.h"
#include "state/keys.h"
#include "state/run.h"
#include "tests/unit/cli/run_command.h"
#include "tests/unit/daemon/world.h"
#include "tests/unit/state/raw_database.h"

namespace blockwatch {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::RawDatabase;
using testing::HasSubstr;

/// A state of a day with every fate: blocked and answered, rejected, a duplicate, a reject, another agency's.
class Fsck : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world = new test::World;
    std::string lines;
    int n = 0;
    for (const char* outcome : {"answered", "answered", "rejected", "error"})
      lines += test::World::event(++n, "VTICE0900", outcome);
    for (int i = 0; i < 12; ++i) lines += test::World::event(++n, "IL0160000", "answered");
    lines += test::World::event(1, "VTICE0900", "answered") + "no event\n" +
             test::World::event(++n, "XX0000000", "answered");
    world->write("events.ndjson", lines);
    const Configuration configuration =
        world->files("[[output]]\nname = \"pages\"\nkind = \"log\"\nmax_age = \"3653d\"\n");
    const Outcome replayed =
        test::run_command({"replay", "--config", world->dir() + "/blockwatchd.toml", "--deliver"});
    ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
  }
  static void TearDownTestSuite() {
    delete world;
    world = nullptr;
  }

  /// A copy of the state.
  std::string copy() {
    const std::string dir = world->dir() + "/copy";
    fs::remove_all(dir);
    fs::copy(world->dir() + "/state", dir, fs::copy_options::recursive);
    return dir;
  }

  static test::World* world;
};
test::World* Fsck::world = nullptr;

/// The checks that found something, by name.
std::vector<std::string> found_wrong(const std::string& dir) {
  const Outcome outcome = test::run_command({"fsck", "--state-dir", dir, "--format", "json"});
  const auto json = nlohmann::json::parse(outcome.out, nullptr, false);
  EXPECT_TRUE(json.is_object()) << outcome.out << outcome.err;
  if (!json.is_object()) return {};
  EXPECT_EQ(outcome.exit_code, json["wrong"] == 0 ? 0 : 65);
  std::vector<std::string> names;
  for (const auto& check : json["checks"]) {
    if (check["wrong"] == 0) continue;
    EXPECT_FALSE(check["differences"].empty());
    names.push_back(check["name"]);
  }
  return names;
}

TEST_F(Fsck, AStateThatTheProductMadeAgreesWithItself) {
  const std::string dir = copy();
  const auto json =
      nlohmann::json::parse(test::run_command({"fsck", "--state-dir", dir, "--format", "json"}).out);
  EXPECT_EQ(json["wrong"], 0) << json.dump(1);
  for (const auto& check : json["checks"]) EXPECT_GT(check["compared"], 0) << check["name"];
  const Outcome text = test::run_command({"fsck", "--state-dir", dir});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, HasSubstr("The state agrees with itself."));
}

struct Change {
  const char* what;
  const char* found_by;
  std::function<void(RawDatabase&)> make;
};

std::string first_key(RawDatabase& db, const std::string& prefix) {
  const std::vector<std::string> keys = db.keys(prefix);
  EXPECT_FALSE(keys.empty());
  return keys.front();
}

void erase_all(RawDatabase& db, const std::string& prefix) {
  const std::vector<std::string> keys = db.keys(prefix);
  EXPECT_FALSE(keys.empty());
  for (const std::string& key : keys) db.erase(key);
}

void erase_series(RawDatabase& db, Cube cube, Granularity granularity) {
  erase_all(db, counter_range(0, cube, granularity).from.substr(0, 7));
}

template <class Value, class Edit>
void edit(RawDatabase& db, const std::string& key, Edit&& change) {
  Value value;
  ASSERT_TRUE(decode(db.get(key), value));
  change(value);
  db.put(key, encode(value));
}

void other_cells_of_a_day(RawDatabase& db) {
  const std::string key =
      first_key(db, counter_range(0, Cube::disclosures, Granularity::day).from.substr(0, 7));
  const std::string run = db.get(key);
  std::vector<CellCount> cells;
  for (RunReader reader(run); reader.next();) cells.push_back(reader.cell());
  ++cells.back().cell.code;
  db.put(key, encode_run(RunKind::codes, cells));
}

std::vector<Change> changes() {
  return {
      {"minutes that are gone", "minutes and hours",
       [](RawDatabase& db) { erase_series(db, Cube::disclosures, Granularity::minute); }},
      {"hours that are gone", "hours and days",
       [](RawDatabase& db) { erase_series(db, Cube::disclosures, Granularity::hour); }},
      {"months that are gone", "days and months",
       [](RawDatabase& db) { erase_series(db, Cube::disclosures, Granularity::month); }},
      {"a day of as many, but other cells", "hours and days", other_cells_of_a_day},
      {"ORIs that are gone", "ORIs and days",
       [](RawDatabase& db) { erase_series(db, Cube::oris, Granularity::day); }},
      {"hours of messages that are gone", "messages, hours and days",
       [](RawDatabase& db) { erase_series(db, Cube::messages, Granularity::hour); }},
      {"hours of quality that are gone", "quality, hours and days",
       [](RawDatabase& db) { erase_series(db, Cube::quality, Granularity::hour); }},
      {"days of messages that are gone", "messages and observations",
       [](RawDatabase& db) { erase_series(db, Cube::messages, Granularity::day); }},
      {"a name that is gone", "cells and names",
       [](RawDatabase& db) { db.erase(db.keys(name_range(Dictionary::agency).from).back()); }},
      {"a message too many", "cells and fates",
       [](RawDatabase& db) {
         edit<PartitionProgress>(db, progress_key(0), [](PartitionProgress& p) { ++p.counted; });
       }},
      {"evidence that is gone", "evidence and days", [](RawDatabase& db) { erase_all(db, "E"); }},
      {"an incident that counts one more", "evidence and incidents",
       [](RawDatabase& db) {
         for (const std::string& key : db.keys("I"))
           if (incident_row_of(key) && !incident_row_of(key)->closed)
             edit<IncidentPart>(db, key, [](IncidentPart& part) { ++part.counters.count; });
       }},
      {"a reject that is gone", "offsets, fates, rejects and evidence",
       [](RawDatabase& db) { db.erase(first_key(db, "R")); }},
      {"an offset that was passed too early", "offsets, fates, rejects and evidence",
       [](RawDatabase& db) {
         edit<PartitionProgress>(db, progress_key(0), [](PartitionProgress& p) { p.next_offset = 3; });
       }},
      {"the last notification is gone", "incidents and notifications",
       [](RawDatabase& db) {
         const std::string log = db.keys("L").back();
         Notification n;
         ASSERT_TRUE(decode(db.get(log), n));
         db.erase(log);
         db.erase(mark_key(*incident_id_bytes(n.incident), *log_sequence_of(log)));
       }},
      {"an output that took more than there is", "outputs and the log",
       [](RawDatabase& db) {
         edit<OutputStanding>(db, cursor_key("pages"), [](OutputStanding& o) { o.delivered = ++o.cursor; });
       }},
      {"another policy than its digest says", "versions and their digests",
       [](RawDatabase& db) { db.put(version_files_key(VersionKind::policy, 0), encode_files({"other"})); }},
      {"a notification in the middle is gone", "rows", [](RawDatabase& db) { db.erase(log_key(1)); }},
      {"a mark that is gone", "rows", [](RawDatabase& db) { db.erase(first_key(db, "A")); }},
      {"an incident that is both open and closed", "rows",
       [](RawDatabase& db) {
         const auto row = incident_row_of(first_key(db, "I"));
         db.put(unclosed_key(*incident_id_bytes(row->id)), row->day);
       }},
      {"an incident without its day", "rows", [](RawDatabase& db) { db.erase(first_key(db, "J")); }},
      {"the day of no incident", "rows",
       [](RawDatabase& db) { db.put(incident_day_key(std::string(16, 'x')), "2025-11-12"); }},
      {"a name in the middle is gone", "rows",
       [](RawDatabase& db) { db.erase(name_key(Dictionary::agency, 0)); }},
      {"ids that stand in the wrong order", "rows",
       [](RawDatabase& db) {
         const std::string key = first_key(db, "D");
         db.put(seen_key(0, *seen_chunk_of(key) + 2), db.get(key));
       }},
      {"a row of no kind", "rows", [](RawDatabase& db) { db.put("Z", "?"); }},
      {"what an output without a cursor was not given", "rows",
       [](RawDatabase& db) {
         db.put(suppressed_key("nobody", 1), encode(Suppressed{1, 1, Suppression::stale}));
       }},
  };
}

TEST_F(Fsck, EachChangeIsFoundByItsCheck) {
  for (const Change& change : changes()) {
    SCOPED_TRACE(change.what);
    const std::string dir = copy();
    {
      RawDatabase db(dir);
      change.make(db);
    }
    EXPECT_THAT(found_wrong(dir), testing::Contains(change.found_by));
  }
}

TEST_F(Fsck, AValueThatIsCutIsFoundInEachKindOfRow) {
  // Of a name, of what an incident's day says and of a closed mark any bytes are a value.
  for (const char kind : std::string("MVFPCDERILAO")) {
    SCOPED_TRACE(kind);
    const std::string dir = copy();
    {
      RawDatabase db(dir);
      if (kind == 'M') {
        const std::string value = db.get("Midentity");
        db.put("Midentity", value.substr(0, value.size() - 1));
      } else {
        ASSERT_GT(db.cut_values(kind), 0);
      }
    }
    if (kind == 'M') {
      EXPECT_EQ(test::run_command({"fsck", "--state-dir", dir}).exit_code, 65);
      continue;
    }
    EXPECT_THAT(found_wrong(dir), testing::ElementsAre("rows"));
  }
}

TEST_F(Fsck, ABackupOfAStateThatContradictsItselfIsNotMade) {
  const std::string dir = copy();
  {
    RawDatabase db(dir);
    db.erase(first_key(db, "R"));
  }
  const std::string to = world->dir() + "/backup";
  const Outcome outcome = test::run_command({"backup", "--state-dir", dir, "--to", to});
  EXPECT_EQ(outcome.exit_code, 65);
  EXPECT_THAT(outcome.err, HasSubstr("contradicts itself in 1 places, first in offsets"));
  EXPECT_FALSE(fs::exists(to));
}

}  // namespace
}  // namespace blockwatch
