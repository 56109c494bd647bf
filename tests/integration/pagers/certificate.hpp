// A self-signed certificate made for the test run.
#pragma once

#include <stdexcept>
#include <string>

#include "tests/integration/pagers/peer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch::testing_support {

class Certificate {
public:
    // For `name` ("IP:127.0.0.1", "DNS:other.example"), from now on for some days.
    explicit Certificate(const std::string& name, int days = 2)
    {
        // Self-signed: the certificate is its own authority.
        const bool made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-days", std::to_string(days), "-subj", "/CN=magwatch test", "-addext",
                               "subjectAltName=" + name, "-keyout", key(), "-out", file()});
        if (!made) throw std::runtime_error{"openssl could not make a certificate"};
    }

    [[nodiscard]] std::string file() const { return folder_.file("cert.pem"); }
    [[nodiscard]] std::string key() const { return folder_.file("key.pem"); }

private:
    test::TemporaryDirectory folder_{"magwatch-cert"};
};

} // namespace magwatch::testing_support
