// The people of a ward: names that entries are recorded under, roles, and hashes of their PINs. A small file of its own
// in the state directory, readable by the daemon's user alone; no patient is in it.
//
// read() and write() block. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace magwatch
{

inline constexpr const char* people_file = "people.json"; // in the state directory

enum class Role : std::uint8_t { midwife, charge, doctor, biomed, admin, auditor };
inline constexpr std::array<std::string_view, 6> role_names{"midwife", "charge", "doctor",
                                                            "biomed",  "admin",  "auditor"};
[[nodiscard]] constexpr std::string_view name(Role role) { return role_names[static_cast<std::size_t>(role)]; }
[[nodiscard]] std::optional<Role> role_of(std::string_view name);

struct StaffMember {
    std::string label; // as the board shows it
    Role role{};
    std::string pin_hash; // "" = none yet: name taps alone
    bool enabled = true;
};

class People
{
public:
    // Of the file at `path`; none if it does not exist. The reason if it cannot be read, or is newer than this program.
    [[nodiscard]] static std::variant<People, std::string> read(const std::string& path);
    // A new file, brought to the disk, then renamed. "" or the reason.
    [[nodiscard]] std::string write(const std::string& path) const;

    // Null: nobody, or somebody who may not act any more.
    [[nodiscard]] const StaffMember* enabled(std::string_view name) const;
    [[nodiscard]] const StaffMember* find(std::string_view name) const;
    // Somebody can unlock something.
    [[nodiscard]] bool anybody() const;
    [[nodiscard]] const std::map<std::string, StaffMember, std::less<>>& all() const { return people_; }
    void put(const std::string& name, StaffMember person) { people_[name] = std::move(person); }

private:
    std::map<std::string, StaffMember, std::less<>> people_;
};

} // namespace magwatch
