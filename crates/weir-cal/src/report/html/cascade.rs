//! The cascade as a picture: levels as columns, or as rows where there is no room.

use std::fmt::{self, Write};

use super::text::Text;
use crate::{
    ast::Dimension,
    report::{
        reading::{Picture, Place},
        words,
    },
    value::Truth,
};

const HEIGHT: u32 = 62;
/// Between two boxes of a level.
const BETWEEN: u32 = 18;
/// Above the boxes, for the name of the level.
const HEADER: u32 = 26;

/// A box in the picture.
struct Placed<'p> {
    place: &'p Place<'p>,
    x: u32,
    y: u32,
}

/// Both pictures; the page shows the one for its width.
pub(super) fn draw(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    broad(picture, out)?;
    tall(picture, out)
}

fn open(class: &str, (width, height): (u32, u32), picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    write!(
        out,
        "<svg class=\"cascade {class}\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"cascade-{class}-title cascade-{class}-desc\">\
         <title id=\"cascade-{class}-title\">Cascade of the dimensions</title>\
         <desc id=\"cascade-{class}-desc\">{}</desc>",
        Text(&picture.described()),
    )
}

/// Levels as columns, each in the middle of the height.
fn broad(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    let columns = count(picture.columns.len());
    let (width, between) = if columns > 4 { (118, 36) } else { (142, 62) };
    let rows = picture.columns.iter().map(|column| count(column.len())).max().unwrap_or(1).max(1);
    let height = rows * (HEIGHT + BETWEEN) - BETWEEN;
    let mut placed = Vec::new();
    for (column, places) in (0u32..).zip(&picture.columns) {
        let taken = (count(places.len()) * (HEIGHT + BETWEEN)).saturating_sub(BETWEEN);
        let top = HEADER + (height - taken.min(height)) / 2;
        for (row, place) in (0u32..).zip(places) {
            placed.push(Placed { place, x: 1 + column * (width + between), y: top + row * (HEIGHT + BETWEEN) });
        }
    }
    let whole = (columns * (width + between)).saturating_sub(between) + 2;
    open("broad", (whole, HEADER + height + 2), picture, out)?;
    for column in 0..columns {
        let x = 1 + column * (width + between);
        write!(out, "<text class=\"level\" x=\"{x}\" y=\"13\">{}</text>", level(column))?;
    }
    let find = |dimension: Dimension| placed.iter().find(|placed| placed.place.dimension == dimension);
    for (from, to) in &picture.arrows {
        let (Some(from), Some(to)) = (find(*from), find(*to)) else { continue };
        let (x1, y1) = (from.x + width, from.y + HEIGHT / 2);
        let (x2, y2) = (to.x.saturating_sub(7), to.y + HEIGHT / 2);
        let middle = u32::midpoint(x1, x2);
        write!(out, "<path class=\"arrow\" d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\"/>")?;
    }
    for box_ in &placed {
        if picture.arrows.iter().any(|(_, to)| *to == box_.place.dimension) {
            let (x, y) = (box_.x, box_.y + HEIGHT / 2);
            write!(out, "<path class=\"head\" d=\"M{x} {y}l-9 -4.5v9z\"/>")?;
        }
        draw_box(box_, width, out)?;
    }
    out.push_str("</svg>");
    Ok(())
}

/// Levels as rows of at most two boxes, with one arrow between levels.
fn tall(picture: &Picture<'_>, out: &mut String) -> fmt::Result {
    const WIDTH: u32 = 160;
    const WHOLE: u32 = 2 * WIDTH + 16;
    let mut placed = Vec::new();
    let mut labels = Vec::new();
    let mut y = 0;
    for (column, places) in (0u32..).zip(&picture.columns) {
        labels.push((column, y));
        y += HEADER;
        for pair in places.chunks(2) {
            for (side, place) in (0u32..).zip(pair) {
                placed.push(Placed { place, x: 1 + side * (WIDTH + 14), y });
            }
            y += HEIGHT + 10;
        }
        y += 22;
    }
    open("tall", (WHOLE, y.saturating_sub(30)), picture, out)?;
    for (column, y) in labels {
        write!(out, "<text class=\"level\" x=\"1\" y=\"{}\">{}</text>", y + 15, level(column))?;
        if column > 0 {
            let (x, top) = (1 + WIDTH / 2, y.saturating_sub(28));
            write!(
                out,
                "<path class=\"arrow\" d=\"M{x} {top}v36\"/><path class=\"head\" d=\"M{x} {}l-4.5 -9h9z\"/>",
                top + 44,
            )?;
        }
    }
    for box_ in &placed {
        draw_box(box_, WIDTH, out)?;
    }
    out.push_str("</svg>");
    Ok(())
}

fn level(level: u32) -> String {
    if level == 0 { "Origin".to_owned() } else { format!("Level {level}") }
}

fn draw_box(Placed { place, x, y }: &Placed<'_>, width: u32, out: &mut String) -> fmt::Result {
    let state = place.check.map_or("plain", |(holds, _)| words::agreement(holds));
    out.push_str("<g>");
    if let Some((_, reason)) = place.check {
        write!(out, "<title>{}</title>", Text(reason))?;
    }
    let (left, right) = (x + 11, (x + width).saturating_sub(11));
    let score = place.score.map_or_else(|| "?".to_owned(), words::number);
    write!(
        out,
        "<rect class=\"{state}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"3\"/>\
         <text class=\"id\" x=\"{left}\" y=\"{}\">{}</text>\
         <text class=\"score\" x=\"{right}\" y=\"{}\" text-anchor=\"end\">{score}</text>\
         <text x=\"{left}\" y=\"{}\">{}</text>",
        y + 21,
        place.dimension.id(),
        y + 23,
        y + 37,
        place.dimension.name(),
    )?;
    if let Some((holds, _)) = place.check {
        let base = y + 53;
        mark(holds, left, base, out)?;
        write!(out, "<text class=\"soft {state}\" x=\"{}\" y=\"{base}\">{state}</text>", left + 16)?;
    }
    out.push_str("</g>");
    Ok(())
}

/// A sign that can be told apart without colors.
fn mark(holds: Truth, x: u32, base: u32, out: &mut String) -> fmt::Result {
    let y = base.saturating_sub(4);
    match holds {
        Truth::True => write!(out, "<path class=\"mark agrees\" d=\"M{x} {y}l3.5 4l6.5 -8\"/>"),
        Truth::False => {
            let top = y.saturating_sub(4);
            write!(out, "<path class=\"mark differs\" d=\"M{x} {top}l8 8m0 -8l-8 8\"/>")
        }
        Truth::Unknown => write!(out, "<text class=\"id unknown\" x=\"{x}\" y=\"{base}\">?</text>"),
    }
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
