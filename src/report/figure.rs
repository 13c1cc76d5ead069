//! Plots as data: what is drawn, in the numbers it stands for. Nothing here knows pixels, fonts or files.

use super::table::Table;

/// A plot with everything that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// What is drawn.
    pub figure: Figure,
    /// Every number in the figure. The first table's name is the plot's.
    pub tables: Vec<Table>,
}

impl Plot {
    /// The name of its files.
    pub fn name(&self) -> &str {
        self.tables.first().map_or("plot", |table| &table.name)
    }
}

/// Panels in a grid under a title, with one legend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// What the figure shows.
    pub title: String,
    /// How to read it: what lines, bands and numbers stand for, over how many runs; what is left out.
    pub caption: String,
    /// Panels per row.
    pub columns: usize,
    /// The panels, row by row. One without marks is left blank.
    pub panels: Vec<Panel>,
    /// Width and height of each panel's frame, in CSS pixels.
    pub frame: (f64, f64),
    /// Which axes have one range for all panels.
    pub shared: Shared,
    /// What colours and shapes stand for.
    pub legend: Legend,
    /// The scales of colours that stand for numbers.
    pub bars: Vec<Bar>,
}

/// Which axes have one range for all panels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// The horizontal ones.
    pub x: bool,
    /// The vertical ones.
    pub y: bool,
}

impl Shared {
    /// Both.
    pub const BOTH: Self = Self { x: true, y: true };
}

/// One pair of axes and what is drawn between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// What this panel alone shows: a facet, a compared value.
    pub title: String,
    /// Lines of small print under the title.
    pub note: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, from back to front.
    pub marks: Vec<Mark>,
    /// Where runs diverged: drawn in a strip of its own above the frame, for they have no value.
    pub lost: Vec<Lost>,
    /// Words to the right of the frame in columns, by height on the vertical axis.
    pub margin: Vec<(f64, Vec<String>)>,
}

/// Runs that diverged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lost {
    /// Where, on the horizontal axis. Those at one place are drawn side by side.
    pub at: f64,
    /// The share of runs: a symbol is larger the more there are.
    pub share: f64,
    /// Whose they are.
    pub paint: Paint,
}

/// An axis of a panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// How numbers become places.
    pub scale: Scale,
    /// Its ends; `None` fits the marks.
    pub range: Option<(f64, f64)>,
    /// Where it is labelled.
    pub ticks: Ticks,
}

impl Axis {
    /// An even axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// A logarithmic axis.
    pub fn log(label: impl Into<String>) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label) }
    }

    /// An axis of words; the k-th stands at k.
    pub fn words(label: impl Into<String>, words: Vec<String>) -> Self {
        Self { scale: Scale::Words(words), ..Self::linear(label) }
    }

    /// With fixed ends.
    pub fn within(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Without labels at its ticks.
    pub fn bare(mut self) -> Self {
        self.ticks = Ticks::None;
        self
    }

    /// Labelled at these places.
    pub fn at(mut self, ticks: Vec<(f64, String)>) -> Self {
        self.ticks = Ticks::At(ticks);
        self
    }
}

/// How numbers become places on an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By their logarithm. What is not positive is drawn at the lower end.
    Log,
    /// Words, the k-th at k.
    Words(Vec<String>),
}

/// Where an axis is labelled.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Ticks {
    /// At round numbers, or at each word.
    #[default]
    Auto,
    /// Nowhere.
    None,
    /// At these places.
    At(Vec<(f64, String)>),
}

/// Something drawn in a panel. A coordinate that is not finite breaks a line, and an interval's point there is left out; dots
/// there are drawn at the edge.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through points.
    Line {
        /// The points in order.
        points: Vec<(f64, f64)>,
        /// Its colour.
        paint: Paint,
        /// Its width in CSS pixels.
        width: f64,
        /// How it is broken up.
        dash: Dash,
        /// Its name at its end, if there is room.
        label: Option<String>,
    },
    /// A filled area between two lines: x, low, high.
    Band {
        /// The corners, by ascending x.
        points: Vec<(f64, f64, f64)>,
        /// Its colour, drawn translucent.
        paint: Paint,
    },
    /// Symbols at points.
    Dots {
        /// The points.
        points: Vec<(f64, f64)>,
        /// The symbol.
        shape: Shape,
        /// Its colour.
        paint: Paint,
        /// Half its width in CSS pixels.
        radius: f64,
    },
    /// An interval with a point inside it.
    Interval {
        /// The point.
        at: (f64, f64),
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
        /// Whether it lies along the horizontal axis.
        across: bool,
        /// Its colour.
        paint: Paint,
    },
    /// A line across the panel.
    Rule {
        /// Where it stands.
        at: f64,
        /// Whether it stands on the horizontal axis.
        upright: bool,
        /// Its colour.
        paint: Paint,
        /// How it is broken up.
        dash: Dash,
    },
    /// Words.
    Text {
        /// Where.
        at: (f64, f64),
        /// What.
        text: String,
        /// Which end of the words stands there.
        align: Align,
        /// Their colour.
        paint: Paint,
    },
    /// Numbers over the plane, drawn as an image.
    Field(Field),
    /// A table of coloured cells, drawn over two axes of words.
    Cells {
        /// Cells per row.
        columns: usize,
        /// The numbers, row by row from the bottom; `None` leaves a cell out, infinity is what diverged.
        values: Vec<Option<f64>>,
        /// What stands in each cell.
        texts: Vec<String>,
        /// Their colours.
        ramp: Ramp,
    },
}

/// Numbers on a regular grid over the plane.
#[derive(Clone, PartialEq)]
pub struct Field {
    /// Numbers per row.
    pub columns: usize,
    /// From the left edge to the right.
    pub x: (f64, f64),
    /// From the lower edge to the upper.
    pub y: (f64, f64),
    /// What they are, row by row from the lower edge.
    pub values: Values,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One number each, coloured along a ramp.
    Numbers(Vec<f32>, Ramp),
    /// A class each, and how far it is preferred, in 0..=1.
    Classes(Vec<usize>, Vec<f32>),
}

/// In brief, for snapshots: the shape and a hash of the numbers.
impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, hash) = match &self.values {
            Values::Numbers(numbers, ramp) => (numbers.len(), format!("{numbers:?} {ramp:?}")),
            Values::Classes(classes, shares) => (classes.len(), format!("{classes:?} {shares:?}")),
        };
        let hash = &blake3::hash(hash.as_bytes()).to_hex()[..16];
        let rows = count / self.columns.max(1);
        write!(f, "Field {}×{rows} over {:?} × {:?}, hash {hash}", self.columns, self.x, self.y)
    }
}

/// How a line is broken up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Into long strokes.
    Dashed,
    /// Into short strokes.
    Dotted,
    /// Into long and short strokes in turn.
    DashDotted,
}

/// A symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// A filled circle with a light edge.
    #[default]
    Circle,
    /// A circle with the background inside.
    Ring,
    /// A filled square with a light edge.
    Square,
    /// A filled triangle with a light edge.
    Triangle,
    /// A filled diamond with a light edge.
    Diamond,
    /// Two crossed strokes.
    Cross,
}

/// Which end of words stands at their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// The first.
    #[default]
    Start,
    /// The middle.
    Middle,
    /// The last.
    End,
}

/// A colour by what it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Paint {
    /// The k-th compared value: the same colour in every figure.
    Series(usize),
    /// The k-th class of a dataset.
    Class(usize),
    /// Text and frames.
    #[default]
    Ink,
    /// What matters less.
    Muted,
    /// What went wrong.
    Bad,
    /// A number on a ramp.
    On(Ramp, f64),
}

/// Numbers as colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// The colours.
    pub colours: Colours,
    /// The number that has the first colour.
    pub low: f64,
    /// The number that has the last colour.
    pub high: f64,
    /// Whether the steps between are by the logarithm.
    pub log: bool,
}

/// A sequence of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Dark blue to yellow, evenly brighter.
    Viridis,
    /// Yellow to dark blue: for accuracies, whose greatest number is best and dark.
    Reversed,
    /// The first class' colour to the second's, white between.
    Diverging,
    /// White to purple.
    Purples,
}

/// What colours and shapes stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Legend {
    /// What is told apart.
    pub title: String,
    /// The entries in order.
    pub entries: Vec<Entry>,
}

/// An entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it stands for.
    pub label: String,
    /// Its colour.
    pub paint: Paint,
    /// Its stroke, if it is a line.
    pub dash: Option<Dash>,
    /// Its symbol, if it has one.
    pub shape: Option<Shape>,
}

/// A scale of colours beside the panels.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What the colours measure.
    pub label: String,
    /// The colours.
    pub ramp: Ramp,
}

/// Different hues before strokes and symbols repeat.
pub const HUES: usize = 7;

/// The stroke of the k-th compared value.
pub fn dash(k: usize) -> Dash {
    [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted][k / HUES % 4]
}

/// The symbol of the k-th compared value.
pub fn shape(k: usize) -> Shape {
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond][k % 4]
}

impl Legend {
    /// Lines, one per compared value.
    pub fn lines<'a>(title: impl Into<String>, labels: impl IntoIterator<Item = &'a str>) -> Self {
        let entry = |(k, label): (usize, &str)| Entry {
            label: label.to_owned(),
            paint: Paint::Series(k),
            dash: Some(dash(k)),
            shape: None,
        };
        Self { title: title.into(), entries: labels.into_iter().enumerate().map(entry).collect() }
    }

    /// With one more symbol.
    pub fn with(mut self, label: &str, paint: Paint, shape: Shape) -> Self {
        self.entries.push(Entry { label: label.to_owned(), paint, dash: None, shape: Some(shape) });
        self
    }
}
