//! Bulk work that leaves the window its processor.

/// How nice bulk work is; 0 is what the window has, 19 is as nice as it gets.
const NICE: i32 = 10;

/// Makes the calling thread, and the threads that it starts from now on, give way to the window's. There is no way back.
pub fn give_way() {
    // On Linux, process 0 in this call is the calling thread alone. Where it fails the work is merely less polite.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_calling_thread_and_its_own_give_way() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let inherited = std::thread::spawn(move || {
            give_way();
            std::thread::spawn(nice).join().unwrap()
        });
        assert!(inherited.join().unwrap() >= NICE);
        assert_eq!(nice(), before);
    }
}
