// The command line for operators and auditors.
#include <curl/curl.h>

#include "base/out_of_resources.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  blockwatch::end_where_resources_are_out();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const int exit_code = blockwatch::run_command_line(argc, argv);
  curl_global_cleanup();
  return exit_code;
}
