//! Starts a program, as it is, with its clock ahead: by a library that `LD_PRELOAD` names.

use std::path::Path;
use std::process::Command;

/// How far it is ahead, in days: more than anything stays in the trash, and not so far that the clock is doubted.
const DAYS: u32 = 40;

/// The arguments that start what follows them with the clock ahead; what it takes stands in `folder`.
pub fn program(folder: &Path) -> Vec<String> {
    let (source, library) = (folder.join("later.c"), folder.join("later.so"));
    let text = format!(
        "#define _GNU_SOURCE\n#include <sys/syscall.h>\n#include <time.h>\n#include <unistd.h>\n\
         int clock_gettime(clockid_t clock, struct timespec *time) {{\n\
         long failed = syscall(SYS_clock_gettime, clock, time);\n\
         if (!failed && clock == CLOCK_REALTIME) time->tv_sec += {DAYS} * 86400L;\n\
         return (int)failed;\n}}\n"
    );
    std::fs::write(&source, text).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    assert!(built.is_ok_and(|built| built.success()), "a C compiler is needed: apt-get install gcc libc6-dev");
    vec!["env".to_owned(), format!("LD_PRELOAD={}", library.to_str().unwrap())]
}
