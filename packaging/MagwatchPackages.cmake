# Debian packages by CPack. Everything that dpkg wants beside the files is made here.
set(MAGWATCH_MAINTAINER "magwatch maintainers <magwatch@localhost>" CACHE STRING "who made the packages")
set(MAGWATCH_PACKAGE_REVISION 1 CACHE STRING "Debian revision of the packages")
set(MAGWATCH_PACKAGE_DATE "" CACHE STRING "date of the packages, as RFC 5322; set by tools/package")
set(PACKAGE_VERSION "${PROJECT_VERSION}-${MAGWATCH_PACKAGE_REVISION}")
set(PACKAGE_DATE "${MAGWATCH_PACKAGE_DATE}")
if(NOT PACKAGE_DATE)
  set(PACKAGE_DATE "Thu, 01 Jan 2026 00:00:00 +0000")
endif()

# The formats that this version's program reads, for the refusal of a downgrade.
file(READ ${PROJECT_SOURCE_DIR}/daemon/journal/journal_format.hpp formats)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/daemon/journal/journal_format.hpp)
foreach(store journal history)
  if(NOT formats MATCHES "${store}_version = ([0-9]+);")
    message(FATAL_ERROR "journal_format.hpp names no ${store}_version")
  endif()
  string(TOUPPER ${store} name)
  set(${name}_FORMAT ${CMAKE_MATCH_1})
endforeach()

set(debian ${CMAKE_CURRENT_BINARY_DIR}/debian)
set(scripts ${CMAKE_CURRENT_SOURCE_DIR}/debian)
# control_file(COMPONENT NAME SOURCE): dpkg wants scripts that may be run, and under their own names.
function(control_file component name source)
  set(made ${debian}/${component}/${name})
  configure_file(${scripts}/${source} ${made} @ONLY)
  if(name STREQUAL "conffiles")
    file(CHMOD ${made} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  else()
    file(CHMOD ${made} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
         WORLD_EXECUTE)
  endif()
  string(TOUPPER ${component} upper)
  list(APPEND CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA ${made})
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA ${CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA} PARENT_SCOPE)
endfunction()
control_file(magwatch preinst magwatch.preinst.in)
control_file(magwatch postinst magwatch.postinst.in)
control_file(magwatch prerm magwatch.prerm)
control_file(magwatch postrm magwatch.postrm)
control_file(magwatch conffiles magwatch.conffiles)
control_file(deadman postinst deadman.postinst)
control_file(deadman prerm deadman.prerm)
control_file(deadman postrm deadman.postrm)

# Each package's own copyright, changelogs and overrides.
configure_file(${scripts}/changelog.in ${debian}/changelog.Debian @ONLY)
file(COPY_FILE ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${debian}/changelog)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
foreach(log changelog.Debian changelog)
  execute_process(COMMAND gzip -9nkf ${debian}/${log} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(component magwatch deadman grafana web)
  set(package magwatch)
  if(NOT component STREQUAL "magwatch")
    set(package magwatch-${component})
  endif()
  install(FILES ${debian}/changelog.gz ${debian}/changelog.Debian.gz ${scripts}/copyright
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
  if(EXISTS ${scripts}/${package}.lintian-overrides)
    install(FILES ${scripts}/${package}.lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
            RENAME ${package} COMPONENT ${component})
  endif()
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME magwatch)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${MAGWATCH_PACKAGE_REVISION})
set(CPACK_PACKAGE_CONTACT "${MAGWATCH_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL magwatch deadman grafana web)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# Otherwise the files would carry whatever rights the builder's umask leaves.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_MAGWATCH_PACKAGE_NAME magwatch)
set(CPACK_DEBIAN_MAGWATCH_PACKAGE_DEPENDS "systemd, python3")
set(CPACK_DEBIAN_MAGWATCH_PACKAGE_RECOMMENDS "magwatch-web")
set(CPACK_DEBIAN_MAGWATCH_PACKAGE_SUGGESTS "magwatch-grafana")
set(CPACK_DEBIAN_MAGWATCH_DESCRIPTION "second alarm system for patients on magnesium sulfate
magwatchd reads bedside monitors and pumps, takes what staff chart by hand,
runs rules for magnesium toxicity on every input, and pages staff with a
calcium gluconate prompt until somebody stands at the bed.
.
It is a second alarm system: the bedside monitor's own alarms stay primary.
As installed it watches nobody. `magwatch demo` shows a simulated ward.")
set(CPACK_DEBIAN_DEADMAN_PACKAGE_NAME magwatch-deadman)
set(CPACK_DEBIAN_DEADMAN_PACKAGE_DEPENDS "systemd, procps") # kill, for the reload
set(CPACK_DEBIAN_DEADMAN_DESCRIPTION "rings when a ward's magwatch is not heard any more
For another PC than the ward's: it waits for the signed heartbeats of magwatch
and rings by webhook or mail when they stop, stand still, or tell of fewer
beds or old data.")
set(CPACK_DEBIAN_GRAFANA_PACKAGE_NAME magwatch-grafana)
set(CPACK_DEBIAN_GRAFANA_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_GRAFANA_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_GRAFANA_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_GRAFANA_DESCRIPTION "dashboards, alert rules and routes for magwatch
Grafana dashboards, Prometheus rules and Alertmanager routes for the metrics
of magwatch, to be copied or linked to where these programs read them.")
set(CPACK_DEBIAN_WEB_PACKAGE_NAME magwatch-web)
set(CPACK_DEBIAN_WEB_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_WEB_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_WEB_PACKAGE_ENHANCES "magwatch")
set(CPACK_DEBIAN_WEB_PACKAGE_SUGGESTS "chromium")
set(CPACK_DEBIAN_WEB_DESCRIPTION "ward board of magwatch for browsers
The board on which ward staff see, chart, acknowledge and treat; magwatchd of
the package magwatch serves it. With a user service that shows it full screen
in Chromium, for a screen of its own.")
include(CPack)
