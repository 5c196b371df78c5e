//! `lock`.

use sealkeep::session::lock_all;
use serde_json::json;

use crate::context::Context;
use crate::error::CliError;
use crate::wording::Worded;

pub fn run(context: &Context) -> Result<(), CliError> {
    let result = lock_all(context.home()?)?;
    context.out.json(|| json!({ "locked": result.locked, "unanswered": result.unanswered }))?;
    context.out.message(&match result.locked {
        0 => "No Sealkeep was open.".to_owned(),
        1 => "One Sealkeep has locked.".to_owned(),
        count => format!("{count} Sealkeeps have locked."),
    });
    if result.unanswered.is_empty() {
        return Ok(());
    }
    let processes: Vec<String> = result.unanswered.iter().map(u32::to_string).collect();
    let what = format!("These did not say that they have locked: process {}.", processes.join(", "));
    context.out.error(&Worded::new(what, "Look at them; end them if they hang.", 1));
    Err(CliError::Said(1))
}
