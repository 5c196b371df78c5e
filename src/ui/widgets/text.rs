//! Text that is no secret: labels, heads, hints. None of it can be selected.

use egui::{Color32, FontId, Label, Response, RichText, Ui};

use crate::ui::theme::{self, fonts, tokens::type_size};

fn show(ui: &mut Ui, text: impl Into<String>, font: FontId, colour: Color32) -> Response {
    ui.add(Label::new(RichText::new(text).font(font).color(colour)).selectable(false))
}

/// A page's title.
pub fn display(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::DISPLAY), colour)
}

/// An item's title, a dialog's.
pub fn title(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::TITLE), colour)
}

/// The head of a card.
pub fn heading(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::HEADING), colour)
}

/// Text.
pub fn body(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::body(), colour)
}

/// Text that stands out.
pub fn strong(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::strong(type_size::BODY), colour)
}

/// Text of second rank.
pub fn weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).weak;
    show(ui, text, fonts::body(), colour)
}

/// A second line, a hint.
pub fn small(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).weak;
    show(ui, text, fonts::text(type_size::SMALL), colour)
}

/// The name of a field, above it.
pub fn label(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).weak;
    show(ui, text, fonts::strong(type_size::SMALL), colour)
}

/// A caption: the head of a group in the sidebar.
pub fn caption(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).faint;
    show(ui, text, fonts::strong(type_size::CAPTION), colour)
}

/// An identifier: an ARN, a path.
pub fn mono(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::palette(ui).text;
    show(ui, text, fonts::mono(type_size::SMALL), colour)
}

/// Text in a colour that means something.
pub fn coloured(ui: &mut Ui, text: impl Into<String>, colour: Color32) -> Response {
    show(ui, text, fonts::text(type_size::SMALL), colour)
}

/// Text cut with an ellipsis where it does not fit: a path, a file's name.
pub fn elided(ui: &mut Ui, text: &str) -> Response {
    let colour = theme::palette(ui).text;
    let text = RichText::new(text).font(fonts::body()).color(colour);
    ui.add(Label::new(text).selectable(false).truncate())
}

/// A path or an identifier of second rank, cut with an ellipsis where it does not fit.
pub fn small_elided(ui: &mut Ui, text: &str) -> Response {
    let colour = theme::palette(ui).weak;
    let text = RichText::new(text).font(fonts::text(type_size::SMALL)).color(colour);
    ui.add(Label::new(text).selectable(false).truncate())
}

/// An identifier that breaks anywhere rather than leave its box.
pub fn wrapped_mono(ui: &mut Ui, text: &str) -> Response {
    let colour = theme::palette(ui).text;
    let mut job = egui::text::LayoutJob::simple(text.to_owned(), fonts::mono(type_size::SMALL), colour, f32::INFINITY);
    job.wrap.max_width = ui.available_width();
    job.wrap.break_anywhere = true;
    ui.add(Label::new(job).selectable(false).wrap())
}

/// Paints one line in `rect`, cut in its middle where it is longer: the end of an ARN or a path tells it from others.
/// Returns whether it was cut.
pub fn line_middle(painter: &egui::Painter, rect: egui::Rect, text: &str, font: FontId, colour: Color32) -> bool {
    let width = |text: &str| painter.layout_no_wrap(text.to_owned(), font.clone(), colour).size().x;
    let shown = cut_in_the_middle(text, |text| width(text) <= rect.width());
    let cut = shown.len() != text.len();
    let galley = painter.layout_no_wrap(shown, font.clone(), colour);
    painter.galley(egui::pos2(rect.min.x, rect.center().y - galley.size().y / 2.0), galley, colour);
    cut
}

/// The longest of `text` that fits, without something in its middle: the end keeps what tells one KMS key from another.
fn cut_in_the_middle(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let cut = |keep: usize| {
        let end = keep.min(END).min(keep.div_ceil(2));
        let begin: String = characters.iter().take(keep - end).collect();
        let end: String = characters.iter().skip(characters.len() - end).collect();
        format!("{begin}…{end}")
    };
    // How many characters stay: at least none, and fewer than there are.
    let (mut fewest, mut most) = (0, characters.len().saturating_sub(1));
    while fewest < most {
        let middle = (fewest + most).div_ceil(2);
        if fits(&cut(middle)) { fewest = middle } else { most = middle - 1 }
    }
    cut(fewest)
}

/// The last group of a KMS key's id, and the sign before it.
const END: usize = 13;

/// Paints one line in `rect`, cut with an ellipsis where it is longer.
pub fn line(painter: &egui::Painter, rect: egui::Rect, text: &str, font: FontId, colour: Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = painter.layout_job(job);
    painter.galley(egui::pos2(rect.min.x, rect.center().y - galley.size().y / 2.0), galley, colour);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_and_the_end_of_a_key_are_what_stays_of_an_arn() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let fits = |most: usize| move |text: &str| text.chars().count() <= most;
        assert_eq!(cut_in_the_middle(arn, fits(100)), arn);
        let cut = cut_in_the_middle(arn, fits(60));
        assert_eq!(cut.chars().count(), 60);
        assert!(cut.starts_with("arn:aws:kms:eu-west-1:111122223333:key/"), "{cut}");
        assert!(cut.ends_with("…-1234567890ab"), "{cut}");
        assert_eq!(cut_in_the_middle("abcdef", fits(4)), "a…ef".to_owned());
        assert_eq!(cut_in_the_middle("abcdef", fits(0)), "…");
        assert_eq!(cut_in_the_middle("", fits(0)), "");
    }
}
