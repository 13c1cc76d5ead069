//! Where everything goes: frames in a grid with room for their words, legend and title above, caption below.

use super::axis::{Measure, Tick};
use super::colour::{INK, MUTED, readable};
use super::font;
use super::mark;
use super::pen::Type;
use crate::report::figure::{Align, Axis, Bar, Figure, Mark, Panel, Scale};

/// Sizes of type in CSS pixels per em.
pub const TITLE: f64 = 15.0;
pub const HEADING: f64 = 12.0;
pub const LABEL: f64 = 12.0;
pub const SMALL: f64 = 11.0;
const CAPTION: f64 = 10.5;

const MARGIN: f64 = 14.0;
const GAP: f64 = 16.0;
/// From a frame to the words at its ticks.
pub const TICK: f64 = 7.0;
const LEAST_WIDTH: f64 = 440.0;
/// Lines are labelled at their ends up to this many; beyond, in a legend.
const DIRECT: usize = 8;
/// From one line of words at ticks to the next.
pub const LEADING: f64 = 13.0;
const LEGEND_ROWS: usize = 4;
const WIDEST_WORD: f64 = 170.0;
/// Room for a colour bar with its words.
const BAR: f64 = 76.0;
/// Between two columns of words in a margin.
pub const COLUMN: f64 = 12.0;
/// The height of the strip above a frame, and the word for it.
const STRIP: f64 = 18.0;
const LOST: &str = "diverged";

/// A figure in CSS pixels.
pub struct Layout {
    /// Width and height.
    pub size: (u32, u32),
    /// Title, caption, legend texts and labels of axes.
    pub words: Vec<Words>,
    /// Samples of the legend.
    pub keys: Vec<Key>,
    /// One per panel.
    pub places: Vec<Place>,
    /// Labels at the ends of lines.
    pub ends: Vec<End>,
    /// The colour bars' places.
    pub bars: Vec<BarPlace>,
}

/// A line of text in its place.
#[derive(Clone, Debug)]
pub struct Words {
    /// What it says.
    pub text: String,
    /// Its baseline.
    pub at: (f64, f64),
    /// How it looks.
    pub kind: Type,
}

/// A sample of a legend.
pub struct Key {
    /// Its left end, half-way up.
    pub at: (f64, f64),
    /// Its entry.
    pub entry: usize,
}

/// The label of a line, beside its end.
pub struct End {
    /// The line's end.
    pub from: (f64, f64),
    /// Where the words begin, half-way up.
    pub to: (f64, f64),
    /// Its words.
    pub text: String,
    /// Its colour.
    pub paint: crate::report::figure::Paint,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Frame {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// A panel in its place.
pub struct Place {
    /// The rectangle between its axes.
    pub frame: Frame,
    /// The horizontal axis.
    pub x: Measure,
    /// The vertical axis.
    pub y: Measure,
    /// Ticks of the horizontal axis, without words where a panel below has them.
    pub x_ticks: Vec<Tick>,
    /// Ticks of the vertical axis, without words where a panel to the left has them.
    pub y_ticks: Vec<Tick>,
    /// Lines of the words at the horizontal axis' ticks.
    pub x_words: Vec<Vec<String>>,
    /// Whether these words run upwards, being too long to stand side by side.
    pub x_upright: bool,
    /// The height of the strip above the frame for what diverged.
    pub strip: f64,
    /// The widths of the columns of words right of the frame.
    pub margin: Vec<f64>,
    /// Whether anything is drawn here.
    pub used: bool,
}

impl Place {
    /// The room below the frame for the words at its ticks.
    fn below(&self) -> f64 {
        let widest = || self.x_words.iter().flatten().map(|word| font::width(word, SMALL, false)).fold(0.0, f64::max);
        match self.x_words.iter().map(Vec::len).max() {
            None => 5.0,
            Some(_) if self.x_upright => TICK + widest() + 2.0,
            Some(lines) => TICK + LEADING * lines as f64,
        }
    }
}

/// A colour bar in its place.
pub struct BarPlace {
    /// The coloured rectangle.
    pub frame: Frame,
    /// Its ticks.
    pub ticks: Vec<Tick>,
}

impl Layout {
    /// Lays out a figure.
    pub fn of(figure: &Figure) -> Self {
        let mut layout = Self {
            size: (0, 0),
            words: Vec::new(),
            keys: Vec::new(),
            places: Vec::new(),
            ends: Vec::new(),
            bars: Vec::new(),
        };
        let columns = figure.columns.clamp(1, figure.panels.len().max(1));
        let rows = figure.panels.len().div_ceil(columns).max(1);
        layout.places = measured(figure, columns);
        let direct = is_direct(figure);
        let lefts: Vec<f64> = (0..columns).map(|c| layout.widest(figure, columns, c)).collect();
        let right = if direct { end_room(figure) } else { 6.0 };
        let margin = |c| margin_columns(figure, columns, c).iter().map(|width| width + COLUMN).sum();
        let margins: Vec<f64> = (0..columns).map(margin).collect();
        let (width, height) = figure.frame;
        let bar_room = BAR * figure.bars.len() as f64;
        let grid = lefts.iter().chain(&margins).sum::<f64>() + columns as f64 * (width + GAP) - GAP + right + bar_room;
        let inner = grid.max(LEAST_WIDTH);
        let mut y = MARGIN;
        y = layout.lines(&figure.title, Type::new(TITLE, INK).bold(), (MARGIN, y), inner, 20.0, 3);
        if !direct {
            y = layout.legend(figure, y, inner);
        }
        y += 4.0;
        let mut top = y;
        let strip = strip(figure);
        for row in 0..rows {
            let panels =
                || (row * columns..((row + 1) * columns).min(figure.panels.len())).map(|i| (i, &figure.panels[i]));
            let head = panels().map(|(_, panel)| head(panel)).fold(0.0, f64::max);
            let mut left = MARGIN;
            let mut foot: f64 = 0.0;
            for (i, panel) in panels() {
                left += lefts[i % columns];
                let frame = Frame { x: left, y: y + head + strip, width, height };
                let place = &mut layout.places[i];
                (place.frame, place.strip) = (frame, strip);
                place.margin = margin_columns(figure, columns, i % columns);
                if i == 0 {
                    top = frame.y;
                }
                let has_label = layout.place_words(figure, columns, i, panel);
                foot = foot.max(layout.places[i].below() + if has_label { 18.0 } else { 0.0 });
                left += width + GAP + margins[i % columns];
            }
            y += head + strip + height + foot + 10.0;
        }
        for (k, bar) in figure.bars.iter().enumerate() {
            let x = MARGIN + grid - bar_room + 18.0 + BAR * k as f64;
            layout.place_bar(bar, x, (top, y - 10.0), figure.frame.1);
        }
        if direct {
            layout.place_ends(&figure.panels[0]);
        }
        y = layout.lines(&figure.caption, Type::new(CAPTION, MUTED), (MARGIN, y), inner, 14.5, 12);
        layout.size = ((inner + 2.0 * MARGIN).ceil() as u32, (y + MARGIN - 4.0).ceil() as u32);
        layout
    }

    /// Wrapped text from a place downwards; returns where it ends.
    fn lines(&mut self, text: &str, kind: Type, at: (f64, f64), room: f64, leading: f64, limit: usize) -> f64 {
        let mut y = at.1;
        for text in font::wrap(text, kind.size, kind.bold, room, limit) {
            self.words.push(Words { text, at: (at.0, y + kind.size), kind });
            y += leading;
        }
        y
    }

    fn legend(&mut self, figure: &Figure, top: f64, room: f64) -> f64 {
        let entries = &figure.legend.entries;
        if entries.is_empty() {
            return top;
        }
        let (mut x, mut row) = (MARGIN, 0);
        let baseline = |row: usize| top + 4.0 + 18.0 * row as f64 + 11.0;
        if !figure.legend.title.is_empty() {
            let text = font::fit(&figure.legend.title, SMALL, false, room / 3.0);
            x += font::width(&text, SMALL, false) + 12.0;
            self.words.push(Words { text, at: (MARGIN, baseline(0)), kind: Type::new(SMALL, MUTED) });
        }
        for (i, entry) in entries.iter().enumerate() {
            let sample = sample_width(entry);
            let text = font::squeeze(&entry.label, SMALL, false, WIDEST_WORD);
            let width = sample + 6.0 + font::width(&text, SMALL, false);
            let left = entries.len() - i;
            // The last row keeps room to say how many are not shown.
            let reserve = if row + 1 == LEGEND_ROWS && left > 1 { 80.0 } else { 0.0 };
            if x + width + reserve > MARGIN + room && x > MARGIN {
                if row + 1 == LEGEND_ROWS {
                    let text = format!("and {left} more");
                    self.words.push(Words { text, at: (x, baseline(row)), kind: Type::new(SMALL, MUTED) });
                    break;
                }
                (x, row) = (MARGIN, row + 1);
            }
            self.keys.push(Key { at: (x, baseline(row) - 4.0), entry: i });
            self.words.push(Words { text, at: (x + sample + 6.0, baseline(row)), kind: Type::new(SMALL, INK) });
            x += width + 18.0;
        }
        baseline(row) + 7.0
    }

    /// Room left of a column for the words at its vertical axes.
    fn widest(&self, figure: &Figure, columns: usize, column: usize) -> f64 {
        let of_column = (column..figure.panels.len()).step_by(columns);
        let room = |i: usize| {
            let words = self.places[i].y_ticks.iter().filter_map(|tick| tick.label.as_deref());
            let ticks = words.map(|word| font::width(word, SMALL, false)).fold(0.0, f64::max);
            let ticks = if ticks > 0.0 { ticks + TICK } else { 0.0 };
            let ticks = ticks + if labelled_y(figure, columns, i) { 20.0 } else { 0.0 };
            let named = column == 0 && strip(figure) > 0.0;
            ticks.max(if named { font::width(LOST, SMALL, false) + TICK } else { 0.0 })
        };
        of_column.map(room).fold(0.0, f64::max).max(if column == 0 { 0.0 } else { 2.0 })
    }

    /// The heading, the labels of the axes and the broken words of one panel. Whether it has a horizontal label.
    fn place_words(&mut self, figure: &Figure, columns: usize, i: usize, panel: &Panel) -> bool {
        let place = &mut self.places[i];
        let frame = place.frame;
        let below = place.below();
        if place.strip > 0.0 && place.used && i.is_multiple_of(columns) {
            let y = frame.y - place.strip / 2.0 + SMALL * font::CAPITAL / 2.0;
            let kind = Type::new(SMALL, MUTED).align(Align::End);
            self.words.push(Words { text: LOST.into(), at: (frame.x - TICK, y), kind });
        }
        let mut y = frame.y - place.strip - 7.0;
        for line in panel.note.lines().rev() {
            let text = font::fit(line, SMALL, false, frame.width + GAP);
            self.words.push(Words { text, at: (frame.x, y), kind: Type::new(SMALL, MUTED) });
            y -= 15.0;
        }
        if !panel.title.is_empty() {
            let text = font::fit(&panel.title, HEADING, true, frame.width + GAP);
            self.words.push(Words { text, at: (frame.x, y), kind: Type::new(HEADING, INK).bold() });
        }
        let has_label = labelled_x(figure, columns, i);
        if has_label {
            let text = font::fit(&panel.x.label, LABEL, false, frame.width + 2.0 * GAP);
            let at = (frame.x + frame.width / 2.0, frame.y + frame.height + below + 13.0);
            self.words.push(Words { text, at, kind: Type::new(LABEL, INK).align(Align::Middle) });
        }
        if labelled_y(figure, columns, i) {
            let text = font::fit(&panel.y.label, LABEL, false, frame.height + 2.0 * GAP);
            let ticks = self.places[i].y_ticks.iter().filter_map(|tick| tick.label.as_deref());
            let room = ticks.map(|word| font::width(word, SMALL, false)).fold(0.0, f64::max);
            let room = if room > 0.0 { room + TICK } else { 0.0 };
            let at = (frame.x - room - 8.0, frame.y + frame.height / 2.0);
            let kind = Type { upright: true, ..Type::new(LABEL, INK).align(Align::Middle) };
            self.words.push(Words { text, at, kind });
        }
        has_label
    }

    fn place_bar(&mut self, bar: &Bar, x: f64, (top, bottom): (f64, f64), height: f64) {
        let height = (bottom - top).clamp(40.0, 170.0).min(height.max(80.0));
        let frame = Frame { x, y: top, width: 12.0, height };
        let axis = if bar.ramp.log { Axis::log("") } else { Axis::linear("") }.within(bar.ramp.low, bar.ramp.high);
        let ticks = Measure::of(&axis, [bar.ramp.low, bar.ramp.high]).ticks(&axis, 5);
        let text = font::fit(&bar.label, SMALL, false, height + 40.0);
        let at = (x - 5.0, top + height / 2.0);
        let kind = Type { upright: true, ..Type::new(SMALL, INK).align(Align::Middle) };
        self.words.push(Words { text, at, kind });
        self.bars.push(BarPlace { frame, ticks });
    }

    /// Labels beside the ends of lines, moved apart where they would overlap.
    fn place_ends(&mut self, panel: &Panel) {
        let place = &self.places[0];
        let frame = place.frame;
        let mut ends: Vec<End> = Vec::new();
        for mark in &panel.marks {
            let Mark::Line { points, paint, label: Some(label), .. } = mark else { continue };
            let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
            let last = points.iter().rev().find(finite).and_then(|&point| mark::inside(place, point));
            let from = last.unwrap_or((frame.x + frame.width, frame.y));
            let text = font::squeeze(label, SMALL, true, WIDEST_WORD);
            let to = (frame.x + frame.width + 14.0, from.1);
            ends.push(End { from, to, text, paint: *paint });
        }
        ends.sort_by(|a, b| a.from.1.total_cmp(&b.from.1));
        let wanted: Vec<f64> = ends.iter().map(|end| end.from.1).collect();
        let spread = spread(&wanted, 14.5, frame.y + 4.0, frame.y + frame.height - 2.0);
        for (end, y) in ends.iter_mut().zip(spread) {
            end.to.1 = y;
        }
        self.ends = ends;
    }
}

/// Every panel's axes, settled together where they are shared, with the ticks that carry words.
fn measured(figure: &Figure, columns: usize) -> Vec<Place> {
    let xs = |panel: &Panel| panel.marks.iter().flat_map(mark::xs).collect::<Vec<_>>();
    let ys = |panel: &Panel| panel.marks.iter().flat_map(mark::ys).collect::<Vec<_>>();
    let all_x: Vec<f64> = if figure.shared.x { figure.panels.iter().flat_map(xs).collect() } else { Vec::new() };
    let all_y: Vec<f64> = if figure.shared.y { figure.panels.iter().flat_map(ys).collect() } else { Vec::new() };
    let (width, height) = figure.frame;
    let mut places: Vec<Place> = figure
        .panels
        .iter()
        .map(|panel| {
            let x = Measure::of(&panel.x, if figure.shared.x { all_x.clone() } else { xs(panel) });
            let y = Measure::of(&panel.y, if figure.shared.y { all_y.clone() } else { ys(panel) });
            let x_ticks = x.ticks(&panel.x, ((width / if x.log { 45.0 } else { 80.0 }) as usize).max(3));
            let slot = match &panel.x.scale {
                Scale::Words(words) => width / words.len().max(1) as f64,
                _ => f64::INFINITY,
            };
            let wrapped = |label: &str| font::wrap(label, SMALL, false, slot - 6.0, 3);
            let whole =
                |label: &str| wrapped(label).join(" ") == label.split_whitespace().collect::<Vec<_>>().join(" ");
            let x_upright = !x_ticks.iter().filter_map(|tick| tick.label.as_deref()).all(whole);
            let lines = |label: &str| match x_upright {
                true => vec![font::squeeze(label, SMALL, false, WIDEST_WORD)],
                false => wrapped(label),
            };
            let x_ticks = thinned(x_ticks, width, slot);
            let x_words = x_ticks.iter().filter_map(|tick| tick.label.as_deref()).map(lines).collect();
            let mut y_ticks = y.ticks(&panel.y, (height / if y.log { 28.0 } else { 42.0 }) as usize);
            for label in y_ticks.iter_mut().filter_map(|tick| tick.label.as_mut()) {
                *label = font::squeeze(label, SMALL, false, WIDEST_WORD);
            }
            let used = !panel.marks.is_empty();
            let place = Place {
                frame: Frame::default(),
                x,
                y,
                x_ticks,
                y_ticks,
                x_words,
                x_upright,
                strip: 0.0,
                margin: Vec::new(),
                used,
            };
            if used { place } else { Place { x_ticks: Vec::new(), y_ticks: Vec::new(), x_words: Vec::new(), ..place } }
        })
        .collect();
    let silence = |ticks: &mut Vec<Tick>| ticks.iter_mut().for_each(|tick| tick.label = None);
    let same = |a: &Measure, b: &Measure, one: &Axis, other: &Axis| {
        a == b && one.scale == other.scale && one.ticks == other.ticks && one.label == other.label
    };
    for i in (0..places.len()).rev() {
        let (x, y) = (&figure.panels[i].x, &figure.panels[i].y);
        let below = i + columns;
        if below < places.len()
            && places[below].used
            && same(&places[i].x, &places[below].x, x, &figure.panels[below].x)
        {
            silence(&mut places[i].x_ticks);
            places[i].x_words.clear();
        }
        if !i.is_multiple_of(columns) && same(&places[i].y, &places[i - 1].y, y, &figure.panels[i - 1].y) {
            silence(&mut places[i].y_ticks);
        }
    }
    places
}

/// Whether the panel shows the label of its horizontal axis: the lowest of its column do, and those that differ.
fn labelled_x(figure: &Figure, columns: usize, i: usize) -> bool {
    let (panel, below) = (&figure.panels[i], figure.panels.get(i + columns));
    let repeated = below.is_some_and(|below| !below.marks.is_empty() && below.x.label == panel.x.label);
    !panel.marks.is_empty() && !panel.x.label.is_empty() && !repeated
}

/// Whether the panel shows the label of its vertical axis: the first of its row do, and those that differ.
fn labelled_y(figure: &Figure, columns: usize, i: usize) -> bool {
    let panel = &figure.panels[i];
    let repeated = !i.is_multiple_of(columns) && figure.panels[i - 1].y.label == panel.y.label;
    !panel.marks.is_empty() && !panel.y.label.is_empty() && !repeated
}

/// Fewer words where they would run into each other.
fn thinned(mut ticks: Vec<Tick>, length: f64, slot: f64) -> Vec<Tick> {
    if slot.is_finite() {
        let every = (LEADING / slot).ceil() as usize;
        ticks.iter_mut().enumerate().filter(|(i, _)| i % every != 0).for_each(|(_, tick)| hide(tick));
        return ticks;
    }
    loop {
        let spans: Vec<(f64, f64)> = ticks
            .iter()
            .filter_map(|tick| {
                let half = font::width(tick.label.as_ref()?, SMALL, false) / 2.0 + 4.0;
                Some((tick.at * length - half, tick.at * length + half))
            })
            .collect();
        if spans.len() < 3 || spans.windows(2).all(|pair| pair[0].1 <= pair[1].0) {
            return ticks;
        }
        let labelled = ticks.iter_mut().filter(|tick| tick.label.is_some());
        labelled.enumerate().filter(|(i, _)| i % 2 == 1).for_each(|(_, tick)| hide(tick));
    }
}

fn hide(tick: &mut Tick) {
    (tick.major, tick.label) = (false, None);
}

/// Places in ascending order, at least `apart` from each other, between the ends if they fit, near where they wanted
/// to be: neighbours that touch are moved together about their common middle.
pub fn spread(wanted: &[f64], apart: f64, low: f64, high: f64) -> Vec<f64> {
    // Clusters: (sum of wanted places less the offsets within, count).
    let mut clusters: Vec<(f64, usize)> = Vec::new();
    let span = |count: usize| (count - 1) as f64 * apart;
    let start = |&(sum, count): &(f64, usize)| {
        let last = (high - span(count)).max(low);
        (sum / count as f64).clamp(low, last)
    };
    for &place in wanted {
        let mut cluster = (place, 1);
        while let Some(before) = clusters.last() {
            if start(before) + span(before.1) + apart <= start(&cluster) {
                break;
            }
            cluster = (before.0 + cluster.0 - before.1 as f64 * apart * cluster.1 as f64, before.1 + cluster.1);
            clusters.pop();
        }
        clusters.push(cluster);
    }
    clusters
        .iter()
        .flat_map(|cluster| (0..cluster.1).map(|i| start(cluster) + i as f64 * apart).collect::<Vec<_>>())
        .collect()
}

/// Whether lines are labelled at their ends: in a single panel, if every entry of the legend is such a line.
fn is_direct(figure: &Figure) -> bool {
    let [panel] = &figure.panels[..] else { return false };
    let labelled = |mark: &&Mark| matches!(mark, Mark::Line { label: Some(_), .. });
    let lines = panel.marks.iter().filter(labelled).count();
    lines > 0 && lines <= DIRECT && figure.legend.entries.len() == lines
}

/// The widths of the columns of words right of the frames in one column of panels.
fn margin_columns(figure: &Figure, columns: usize, column: usize) -> Vec<f64> {
    let mut widths: Vec<f64> = Vec::new();
    let panels = figure.panels.iter().skip(column).step_by(columns);
    for (_, words) in panels.flat_map(|panel| &panel.margin) {
        widths.resize(widths.len().max(words.len()), 0.0);
        for (width, text) in widths.iter_mut().zip(words) {
            *width = width.max(font::width(text, SMALL, false));
        }
    }
    widths
}

fn end_room(figure: &Figure) -> f64 {
    let labels = figure.panels.iter().flat_map(|panel| &panel.marks).filter_map(|mark| match mark {
        Mark::Line { label: Some(label), .. } => {
            Some(font::width(&font::squeeze(label, SMALL, true, WIDEST_WORD), SMALL, true))
        }
        _ => None,
    });
    labels.fold(0.0, f64::max) + 18.0
}

/// The height of the strips above all frames, if any panel needs one.
fn strip(figure: &Figure) -> f64 {
    if figure.panels.iter().any(|panel| !panel.lost.is_empty()) { STRIP } else { 0.0 }
}

/// The height of a panel's heading.
fn head(panel: &Panel) -> f64 {
    let title = if panel.title.is_empty() { 0.0 } else { 16.0 };
    let note = 15.0 * panel.note.lines().count() as f64;
    if title + note > 0.0 { title + note + 6.0 } else { 4.0 }
}

fn sample_width(entry: &crate::report::figure::Entry) -> f64 {
    if entry.dash.is_some() { 24.0 } else { 10.0 }
}

/// How the label at a line's end looks.
pub fn end_type(end: &End) -> Type {
    Type::new(SMALL, readable(end.paint)).bold()
}
