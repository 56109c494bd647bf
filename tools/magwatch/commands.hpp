// The subcommands of `magwatch`, one file for each group.
#pragma once

#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

void add_status(CLI::App& app, Shell& shell);  // status, beds, sources
void add_watch(CLI::App& app, Shell& shell);   // watch start, transfer, confirm, end
void add_alarms(CLI::App& app, Shell& shell);  // alarms, calls, here, pages, pause
void add_oncall(CLI::App& app, Shell& shell);  // oncall show, set, take-back
void add_user(CLI::App& app, Shell& shell);    // user list, add, pin, role, setup-code, disable
void add_limits(CLI::App& app, Shell& shell);  // limits set, end
void add_protocol(CLI::App& app, Shell& shell); // protocol show, open, done, ...
void add_chart(CLI::App& app, Shell& shell);   // chart
void add_enter(CLI::App& app, Shell& shell);   // enter reflex, urine, ...
void add_commission(CLI::App& app, Shell& shell); // commission
void add_config(CLI::App& app, Shell& shell);  // config check, init
void add_rules(CLI::App& app, Shell& shell);   // rules check, test
void add_hl7(CLI::App& app, Shell& shell);     // hl7 decode
void add_modbus(CLI::App& app, Shell& shell);  // modbus probe
void add_replay(CLI::App& app, Shell& shell);  // replay
void add_simulate(CLI::App& app, Shell& shell); // simulate
void add_predict(CLI::App& app, Shell& shell); // predict
void add_doctor(CLI::App& app, Shell& shell);  // doctor
void add_export(CLI::App& app, Shell& shell);  // export
void add_backup(CLI::App& app, Shell& shell);  // backup create, verify, list; restore
void add_audit(CLI::App& app, Shell& shell);   // audit tail, verify, key
void add_demo(CLI::App& app, Shell& shell);    // demo
void add_version(CLI::App& app, Shell& shell); // version
void add_completion(CLI::App& app, Shell& shell); // completion, hidden; after all others

// --person, needed for everything that is recorded under a name.
void add_person(CLI::App& command, std::string& person);

} // namespace magwatch::cli
