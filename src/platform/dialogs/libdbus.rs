//! Whether the library is there that the file dialogs speak to the portal with. It is loaded at run time, and without it
//! a dialog fails as silently as it is cancelled.
#![allow(unsafe_code)]

const LIBRARY: &std::ffi::CStr = c"libdbus-1.so.3";

pub(super) fn is_installed() -> bool {
    // SAFETY: the name is a C string. The library has no constructors that depend on when they run; it is the one that was
    // tried before, in this short-lived process, and stays loaded.
    let library = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL) };
    !library.is_null()
}
