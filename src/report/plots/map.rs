//! Maps of the plane: a network's estimate as a field, the data on top, one scale of colours.

use super::extent::levels;
use crate::analysis::{Analysis, Data, Plane, Task, Window};
use crate::report::figure::{Axis, Bar, Colours, Entry, Field, Legend, Mark, Paint, Panel, Ramp, Shape, Values};
use crate::report::table::{Cells, Table};

/// Points of the data drawn in one panel.
const POINTS: usize = 240;

/// What all maps of a figure share.
pub struct Sheet {
    /// The rectangle shown.
    pub window: Window,
    /// The scale of numbers: the targets' range for a regression, probabilities otherwise.
    pub ramp: Ramp,
    task: Task,
    names: Vec<String>,
    classes: Vec<String>,
}

impl Sheet {
    /// For the runs shown: a window around all their data, with round ends, and the range of their targets. `None`
    /// where the runs are not of one task on two features.
    pub fn of(analysis: &Analysis, rows: &[usize]) -> Option<(Self, Vec<Data>)> {
        let data: Vec<Data> = rows.iter().map(|&row| analysis.plane_data(row)).collect::<Option<_>>()?;
        let window = Window::around(&data)?;
        let dataset = analysis.config(*rows.first()?).dataset;
        let (task, names) = (data.first()?.task, dataset.feature_names());
        let named = |class: String| if dataset.is_file() { class } else { format!("class {class}") };
        let classes = dataset.class_names().into_iter().map(named).collect();
        let targets = || data.iter().flat_map(|data| &data.train.y).copied().map(f64::from);
        let ramp = match task {
            Task::Regression => Ramp {
                colours: Colours::Viridis,
                low: targets().fold(f64::INFINITY, f64::min),
                high: targets().fold(f64::NEG_INFINITY, f64::max),
                log: false,
            },
            _ => Ramp { colours: Colours::Diverging, low: 0.0, high: 1.0, log: false },
        };
        Some((Self { window: rounded(window), ramp, task, names, classes }, data))
    }

    /// A panel over the window, without marks.
    pub fn panel(&self, title: String, note: String) -> Panel {
        let axis = |name: Option<&String>, (from, to): (f32, f32)| {
            Axis::linear(name.cloned().unwrap_or_default()).within(f64::from(from), f64::from(to))
        };
        let (x, y) = (axis(self.names.first(), self.window.x), axis(self.names.get(1), self.window.y));
        Panel { title, note, x, y, ..Panel::default() }
    }

    /// A field over the window.
    pub fn field(&self, side: usize, values: Values) -> Mark {
        let wide = |(from, to): (f32, f32)| (f64::from(from), f64::from(to));
        Mark::Field(Field { columns: side, x: wide(self.window.x), y: wide(self.window.y), values })
    }

    /// A network's estimate.
    pub fn estimate(&self, plane: &Plane) -> Mark {
        let values = match plane.task {
            Task::Multiclass { .. } => {
                let (classes, preferred) = plane.classes();
                Values::Classes(classes, preferred)
            }
            _ => Values::Numbers(plane.estimate.clone(), self.ramp),
        };
        self.field(plane.side, values)
    }

    /// The data, thinned evenly: for classes, a colour each.
    pub fn scatter(&self, data: &Data, limit: usize, radius: f64) -> Vec<Mark> {
        let points = thinned(data, limit);
        let dots = |points, paint| Mark::Dots { points, shape: Shape::Circle, paint, radius };
        match self.task.classes() {
            None => points.iter().map(|&(x, y, t)| dots(vec![(x, y)], Paint::On(self.ramp, t))).collect(),
            Some(classes) => (0..classes)
                .map(|class| {
                    let own = points.iter().filter(|point| point.2 == class as f64);
                    dots(own.map(|point| (point.0, point.1)).collect(), Paint::Class(class))
                })
                .collect(),
        }
    }

    /// What colours of fields and points stand for: bars, or a legend of classes.
    pub fn key(&self) -> (Vec<Bar>, Legend) {
        let bar = |label: &str| vec![Bar { label: label.into(), ramp: self.ramp }];
        let entry = |class| Entry {
            label: self.classes.get(class).cloned().unwrap_or_default(),
            paint: Paint::Class(class),
            dash: None,
            shape: Some(Shape::Circle),
        };
        match self.task {
            Task::Regression => (bar("estimate and target"), Legend::default()),
            Task::Binary => {
                let one = self.classes.get(1).map_or("class 1", String::as_str);
                (bar(&format!("probability of {one}")), Legend::default())
            }
            Task::Multiclass { classes } => {
                (Vec::new(), Legend { title: "region and data".into(), entries: (0..classes).map(entry).collect() })
            }
        }
    }

    /// The first columns of a table of planes: the points of the grid.
    pub fn table(&self, name: &str, side: usize) -> Table {
        let grid = self.window.grid(side);
        let column = |k: usize| Cells::Single(grid.iter().skip(k).step_by(2).map(|&x| Some(x)).collect());
        Table::new(name).with("x1", column(0)).with("x2", column(1))
    }

    /// A table with a plane's estimates.
    pub fn with_plane(&self, table: Table, name: &str, plane: &Plane) -> Table {
        match plane.task {
            Task::Multiclass { .. } => {
                let (classes, preferred) = plane.classes();
                let classes = Cells::Int(classes.into_iter().map(|class| Some(class as i64)).collect());
                table.with(format!("{name} class"), classes).with(format!("{name} preference"), singles(&preferred))
            }
            _ => table.with(name, singles(&plane.estimate)),
        }
    }

    /// The points drawn of each data set, long: whose they are, where, and the target.
    pub fn points(&self, name: &str, data: &[(String, &Data, usize)]) -> Table {
        let rows: Vec<(&str, (f64, f64, f64))> = (data.iter())
            .flat_map(|(whose, data, limit)| {
                thinned(data, *limit).into_iter().map(move |point| (whose.as_str(), point))
            })
            .collect();
        let single = |x: f64| Some(x as f32);
        Table::new(name)
            .text("panel", rows.iter().map(|row| row.0.to_owned()))
            .with("x1", Cells::Single(rows.iter().map(|row| single(row.1.0)).collect()))
            .with("x2", Cells::Single(rows.iter().map(|row| single(row.1.1)).collect()))
            .with("target", Cells::Single(rows.iter().map(|row| single(row.1.2)).collect()))
    }
}

/// The best run of a compared value in a facet.
#[derive(Clone, Copy)]
pub struct Best {
    /// An index into the facets.
    pub facet: usize,
    /// An index into the compared values.
    pub value: usize,
    /// An index into the rows.
    pub row: usize,
}

/// The best runs of the compared values on two features, in one list per dataset and task: what is drawn in one window, on
/// one scale.
pub fn by_dataset(analysis: &Analysis, values: &[usize]) -> Vec<Vec<Best>> {
    let place = analysis.roles.facet.iter().position(|&axis| analysis.axes[axis].key == "dataset");
    let shape = |best: &Best| analysis.config(best.row).dataset.shape();
    let kind = |best: &Best| {
        let dataset = place.and_then(|place| analysis.facets[best.facet].levels[place]);
        (dataset, shape(best).task)
    };
    let mut lists: Vec<Vec<Best>> = Vec::new();
    for facet in 0..analysis.facets.len() {
        let bests =
            values.iter().filter_map(|&value| Some(Best { facet, value, row: analysis.best_row(facet, value)? }));
        for best in bests.filter(|best| shape(best).features == 2) {
            match lists.iter_mut().find(|list| kind(&list[0]) == kind(&best)) {
                Some(list) => list.push(best),
                None => lists.push(vec![best]),
            }
        }
    }
    lists
}

/// The dataset of a facet in words; nothing where there is only one.
pub fn dataset(analysis: &Analysis, facet: usize) -> String {
    let place = analysis.roles.facet.iter().position(|&axis| analysis.axes[axis].key == "dataset");
    place.map_or_else(String::new, |place| {
        levels(analysis, &analysis.roles.facet[place..=place], &analysis.facets[facet].levels[place..=place])
    })
}

/// The name of the k-th plot of a kind.
pub fn numbered(name: &str, k: usize) -> String {
    if k == 0 { name.to_owned() } else { format!("{name}-{}", k + 1) }
}

/// The words for what of some facets and datasets a figure shows.
pub fn left_out((facets, all): (usize, usize), (datasets, every): (usize, usize)) -> String {
    let facets =
        if facets < all { format!(" Shown: {facets} of {all} facets of this dataset.") } else { String::new() };
    let datasets = if datasets < every { format!(" Drawn: {datasets} of {every} datasets.") } else { String::new() };
    facets + &datasets
}

/// Numbers of single precision as a column.
pub fn singles(numbers: &[f32]) -> Cells {
    Cells::Single(numbers.iter().map(|&x| Some(x)).collect())
}

/// Data points spread evenly over the table: both features and the target.
fn thinned(data: &Data, limit: usize) -> Vec<(f64, f64, f64)> {
    let count = data.train.len().min(limit).min(POINTS);
    let point = |i: usize| {
        let i = i * data.train.len() / count;
        (f64::from(data.train.x[2 * i]), f64::from(data.train.x[2 * i + 1]), f64::from(data.train.y[i]))
    };
    (0..count).map(point).collect()
}

/// The window with its ends moved outward to round numbers, a tenth of its size or less.
fn rounded(window: Window) -> Window {
    let outward = |(from, to): (f32, f32)| {
        let (from, to) = (f64::from(from), f64::from(to));
        let power = libm::log10((to - from).max(1e-30)).floor() as i32 - 1;
        let step: f64 = format!("1e{power}").parse().unwrap_or(1.0);
        (((from / step).floor() * step) as f32, ((to / step).ceil() * step) as f32)
    };
    Window { x: outward(window.x), y: outward(window.y) }
}
