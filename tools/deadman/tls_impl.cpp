// Asio's TLS compiled once for this program, which links nothing of the daemon's.
#include <boost/asio/ssl/impl/src.hpp>
