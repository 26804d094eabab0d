//! A bar on the terminal for work that takes longer than a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::stage::folder::Progress;

/// Shows nothing unless standard error is a terminal.
pub struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    /// No bar yet.
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }
}

impl Progress for Bar {
    fn begin(&self, what: &str, total: u64) {
        let mut bar = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = bar.take() {
            before.finish_and_clear();
        }
        let template = "{msg:>16} {wide_bar} {percent:>3} % {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            // Drawn once a second, so that short work shows no bar at all.
            let target = ProgressDrawTarget::stderr_with_hz(1);
            let next =
                ProgressBar::with_draw_target(Some(total), target).with_style(style).with_message(what.to_owned());
            next.set_elapsed(Duration::ZERO);
            *bar = Some(next);
        }
    }

    fn advance(&self, bytes: u64) {
        if let Some(bar) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            if bar.elapsed() > Duration::from_secs(1) {
                bar.inc(bytes);
            } else {
                bar.set_position(bar.position() + bytes);
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}
