# Compiler flags, in one place.  Everything links against bbk_flags.
add_library(bbk_flags INTERFACE)

target_compile_options(bbk_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla
	-Wundef -Wformat=2)
if(BBK_WERROR)
	target_compile_options(bbk_flags INTERFACE -Werror)
endif()

target_include_directories(bbk_flags INTERFACE ${PROJECT_SOURCE_DIR}/plugin)
target_compile_definitions(bbk_flags INTERFACE
	BBK_VERSION="${PROJECT_VERSION}")
if(NOT APPLE)
	target_compile_definitions(bbk_flags INTERFACE
		_DEFAULT_SOURCE _XOPEN_SOURCE=700)
endif()

if(BBK_SANITIZE)
	set(san -fsanitize=address,undefined -fno-omit-frame-pointer
		-fno-sanitize-recover=undefined)
	target_compile_options(bbk_flags INTERFACE ${san})
	target_link_options(bbk_flags INTERFACE ${san})
endif()

if(BBK_HARDEN)
	set(CMAKE_POSITION_INDEPENDENT_CODE ON)
	target_compile_options(bbk_flags INTERFACE
		-fstack-protector-strong -U_FORTIFY_SOURCE
		$<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>)
	if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64")
		target_compile_options(bbk_flags INTERFACE -fcf-protection=full)
	endif()
	if(NOT APPLE)
		target_link_options(bbk_flags INTERFACE
			-pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
	endif()
endif()
