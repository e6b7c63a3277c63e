// The metrics' names, which dashboards and alert rules rely on.
#include "pipeline/telemetry.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

TEST(Telemetry, ShowsEveryFigureUnderItsName) {
  Telemetry telemetry;
  telemetry.consumed("nlets.queries", 3, 5, 1'762'948'800 * kSecond);
  telemetry.consumed("nlets.queries", 3, 2, 1'762'948'801 * kSecond);
  telemetry.rejected(RejectReason::bad_ori, 2);
  telemetry.observed(Verdict::blocked, 4);
  telemetry.committed(0.003);
  telemetry.lag("nlets.queries", 3, 17);
  telemetry.alert_latency(0.03);
  telemetry.outbox_pending("siem", 9);
  telemetry.notified("siem", 3, 0);
  telemetry.notified("siem", 2, 7);
  telemetry.waiting_for_space(true);
  MemoryDivision division;
  division[MemoryPart::ids] = 1000;
  telemetry.memory_budget(division);
  telemetry.memory_used(MemoryPart::ids, 999);
  telemetry.resident(12345);
  const std::string text = telemetry.render();
  for (const char* line : {
           "blockwatch_records_consumed_total{partition=\"3\",topic=\"nlets.queries\"} 7\n",
           // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one line of output
           "blockwatch_partition_progress_timestamp_seconds{partition=\"3\",topic=\"nlets.queries\"} "
           "1762948801\n",
           "blockwatch_lag_records{partition=\"3\",topic=\"nlets.queries\"} 17\n",
           "blockwatch_memory_budget_bytes{part=\"ids\"} 1000\n",
           "blockwatch_memory_budget_bytes{part=\"rules\"} 0\n",
           "blockwatch_memory_bytes{part=\"ids\"} 999\n",
           "process_resident_memory_bytes 12345\n",
           "blockwatch_records_rejected_total{reason=\"bad_ori\"} 2\n",
           "blockwatch_observations_total{verdict=\"blocked\"} 4\n",
           "blockwatch_commit_seconds_bucket{le=\"0.005\"} 1\n",
           "blockwatch_commit_seconds_count 1\n",
           "blockwatch_alert_latency_seconds_bucket{le=\"0.02\"} 0\n",
           "blockwatch_alert_latency_seconds_bucket{le=\"0.05\"} 1\n",
           "blockwatch_outbox_pending{output=\"siem\"} 9\n",
           "blockwatch_notifications_total{output=\"siem\",result=\"delivered\"} 5\n",
           "blockwatch_notifications_total{output=\"siem\",result=\"suppressed\"} 7\n",
           "blockwatch_waiting_for_space 1\n",
           "blockwatch_build_info{version=\"" BLOCKWATCH_VERSION "\"} 1\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " is not in\n" << text;
  }
}

TEST(Telemetry, ReasonsAndVerdictsThatNeverOccurredAreZeroNotAbsent) {
  const std::string text = Telemetry().render();
  EXPECT_NE(text.find("blockwatch_records_rejected_total{reason=\"too_large\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("blockwatch_observations_total{verdict=\"none\"} 0\n"), std::string::npos);
}

TEST(Telemetry, TheLagIsUnknownUntilASourceReportsIt) {
  Telemetry telemetry;
  EXPECT_EQ(telemetry.lag_of("t", 0), std::nullopt);
  telemetry.lag("t", 0, 12);
  EXPECT_EQ(telemetry.lag_of("t", 0), 12U);
  EXPECT_EQ(telemetry.lag_of("t", 1), std::nullopt);
}

}  // namespace
}  // namespace blockwatch
