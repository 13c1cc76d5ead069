//! Cells to the inputs of a network, within the graph.

use super::graph::{Attribute, Data, Graph, Name, Size, Type};
use crate::dataset::Preprocessing;
use crate::table::{Encoded, Encoding, Missing, Scale};

/// Columns of inputs that are computed together, with the places they have among all inputs.
struct Piece {
    value: Name,
    places: Vec<usize>,
}

/// A column of numbers.
struct Number<'a> {
    /// Its place among the inputs.
    place: usize,
    fill: f64,
    scale: &'a Scale,
    indicator: Option<(usize, bool)>,
}

/// The inputs, rows × inputs, f32.
pub(super) fn prepared(graph: &mut Graph, preprocessing: &Preprocessing) -> Name {
    let features = &preprocessing.fitted.features;
    let (mut numbers, mut words, mut place) = (Vec::new(), Vec::new(), 0);
    for feature in features {
        let last = place + feature.width() - 1;
        let indicator = feature.indicator.map(|shown| (last, shown));
        match &feature.encoding {
            Encoding::Number { fill, scale } => numbers.push(Number { place, fill: *fill, scale, indicator }),
            _ => words.push((place, feature)),
        }
        place += feature.width();
    }
    let mut pieces = Vec::new();
    if !numbers.is_empty() {
        of_numbers(graph, &numbers, preprocessing.reading.missing, &mut pieces);
    }
    if !words.is_empty() {
        let all = graph.input("words", Type::String, &[Size::Rows, Size::Of(words.len())]);
        for (at, (place, feature)) in words.into_iter().enumerate() {
            let column = graph.columns(&all, &[at]);
            of_words(graph, &column, place, feature, &mut pieces);
        }
    }
    in_order(graph, pieces)
}

/// The pieces side by side, each column in its place.
fn in_order(graph: &mut Graph, pieces: Vec<Piece>) -> Name {
    let values: Vec<&str> = pieces.iter().map(|piece| &*piece.value).collect();
    let together = match values[..] {
        [one] => one.to_owned(),
        _ => graph.with("Concat", &values, &[("axis", Attribute::Int(1))]),
    };
    let places: Vec<usize> = pieces.iter().flat_map(|piece| piece.places.iter().copied()).collect();
    if places.is_sorted() {
        return together;
    }
    let mut from = vec![0; places.len()];
    places.iter().enumerate().for_each(|(at, &place)| from[place] = at);
    graph.columns(&together, &from)
}

fn of_numbers(graph: &mut Graph, numbers: &[Number], missing: Missing, pieces: &mut Vec<Piece>) {
    let count = numbers.len();
    let cells = graph.input("numbers", Type::Double, &[Size::Rows, Size::Of(count)]);
    let is_missing = graph.op("IsNaN", &[&cells]);
    let filled = match missing {
        // What is refused stays NaN.
        Missing::Refuse => cells,
        Missing::Impute => {
            let fills: Vec<f64> = numbers.iter().map(|number| number.fill).collect();
            let fills = graph.constant(&[1, count], &Data::Doubles(&fills));
            graph.op("Where", &[&is_missing, &fills, &cells])
        }
    };
    let columns_of = |graph: &mut Graph, at: &[usize]| match at.len() == count {
        true => filled.clone(),
        false => graph.columns(&filled, at),
    };
    let affine = |number: &Number| match number.scale {
        Scale::Affine { offset, scale } => Some((*offset, *scale)),
        Scale::Quantile(_) => None,
    };
    let even: Vec<usize> = (0..count).filter(|&at| affine(&numbers[at]).is_some()).collect();
    if !even.is_empty() {
        let (offsets, scales): (Vec<f64>, Vec<f64>) = numbers.iter().filter_map(affine).unzip();
        let offsets = graph.constant(&[1, even.len()], &Data::Doubles(&offsets));
        let scales = graph.constant(&[1, even.len()], &Data::Doubles(&scales));
        let columns = columns_of(graph, &even);
        let centred = graph.op("Sub", &[&columns, &offsets]);
        let scaled = graph.op("Mul", &[&centred, &scales]);
        let value = graph.cast(&scaled, Type::Float);
        pieces.push(Piece { value, places: even.iter().map(|&at| numbers[at].place).collect() });
    }
    for (at, number) in numbers.iter().enumerate() {
        if let Scale::Quantile(quantiles) = number.scale {
            let column = columns_of(graph, &[at]);
            let scaled = normal(graph, &column, quantiles);
            pieces.push(Piece { value: graph.cast(&scaled, Type::Float), places: vec![number.place] });
        }
    }
    let marked: Vec<usize> = (0..count).filter(|&at| numbers[at].indicator.is_some()).collect();
    if !marked.is_empty() {
        let (places, shown): (Vec<usize>, Vec<bool>) = numbers.iter().filter_map(|number| number.indicator).unzip();
        let marks = graph.columns(&is_missing, &marked);
        let marks = graph.cast(&marks, Type::Float);
        // Of a column with no missing cell in training nothing was learnt.
        let shown: Vec<f32> = shown.into_iter().map(|shown| if shown { 1.0 } else { 0.0 }).collect();
        let shown = graph.constant(&[1, shown.len()], &Data::Floats(&shown));
        pieces.push(Piece { value: graph.op("Mul", &[&marks, &shown]), places });
    }
}

/// The columns of a column of words, rows × 1: a number for truth values, one of 0 and 1 for each word otherwise.
fn of_words(graph: &mut Graph, column: &str, place: usize, feature: &Encoded, pieces: &mut Vec<Piece>) {
    let empty = || String::new();
    let width = feature.width() - usize::from(feature.indicator.is_some());
    let value = match &feature.encoding {
        Encoding::Number { .. } => unreachable!("numbers are apart"),
        Encoding::Boolean { fill, scale, .. } => {
            let scaled = |x: f64| scale.apply(x) as f32;
            let known = feature.encoding.truths().into_iter();
            let known = known.map(|(word, yes)| (word, scaled(f64::from(u8::from(yes)))));
            let (keys, values): (Vec<String>, Vec<f32>) = known.chain([(empty(), scaled(*fill))]).unzip();
            // Training refuses what is no truth value.
            let default = Attribute::Float(f32::NAN);
            encoded(graph, column, &keys, ("values_floats", Attribute::Floats(&values)), ("default_float", default))
        }
        Encoding::Words { levels, fill } => {
            let known = (0..).zip(levels).filter(|(_, (_, known))| *known).map(|(at, (word, _))| (word.clone(), at));
            let (keys, places): (Vec<String>, Vec<i64>) = known.chain([(empty(), *fill as i64)]).unzip();
            let code = Attribute::Ints(&places);
            let code = encoded(graph, column, &keys, ("values_int64s", code), ("default_int64", Attribute::Int(-1)));
            let all: Vec<i64> = (0..levels.len() as i64).collect();
            let all = graph.constant(&[1, levels.len()], &Data::Ints(&all));
            let is_it = graph.op("Equal", &[&code, &all]);
            graph.cast(&is_it, Type::Float)
        }
    };
    pieces.push(Piece { value, places: (place..place + width).collect() });
    if let Some(shown) = feature.indicator {
        let mark = Attribute::Floats(&[if shown { 1.0 } else { 0.0 }]);
        let default = ("default_float", Attribute::Float(0.0));
        let value = encoded(graph, column, &[empty()], ("values_floats", mark), default);
        pieces.push(Piece { value, places: vec![place + width] });
    }
}

/// Each word's number.
fn encoded(
    graph: &mut Graph,
    column: &str,
    keys: &[String],
    values: (&str, Attribute),
    default: (&str, Attribute),
) -> Name {
    graph.on_words("LabelEncoder", &[column], &[("keys_strings", Attribute::Texts(keys)), values, default])
}

/// Numbers, rows × 1, by their share among quantiles to a standard normal: [`Scale::Quantile`] step by step, in f64.
fn normal(graph: &mut Graph, x: &str, quantiles: &[f64]) -> Name {
    let count = quantiles.len();
    let row = graph.constant(&[1, count], &Data::Doubles(quantiles));
    let list = graph.constant(&[count], &Data::Doubles(quantiles));
    let [none, one, all, end] = [0, 1, count as i64, count as i64 - 1].map(|n| graph.int(n));
    let [zero, half, whole, two, last] = [0.0, 0.5, 1.0, 2.0, (count - 1) as f64].map(|x| graph.double(x));
    let axis = graph.constant(&[1], &Data::Ints(&[1]));
    let counted = |graph: &mut Graph, operator: &str| {
        let is_so = graph.op(operator, &[&row, x]);
        let ones = graph.cast(&is_so, Type::Int64);
        graph.op("ReduceSum", &[&ones, &axis])
    };
    let (below, up_to) = (counted(graph, "Less"), counted(graph, "LessOrEqual"));
    // One of the quantiles, or several equal ones: their middle.
    let is_one = graph.op("Less", &[&below, &up_to]);
    let sum = graph.op("Add", &[&below, &up_to]);
    let sum = graph.op("Sub", &[&sum, &one]);
    let sum = graph.cast(&sum, Type::Double);
    let middle = graph.op("Div", &[&sum, &two]);
    // Between two of them: linear.
    let before = graph.op("Sub", &[&below, &one]);
    let (low, high) = (graph.op("Max", &[&before, &none]), graph.op("Min", &[&below, &end]));
    let (low, high) = (graph.op("Gather", &[&list, &low]), graph.op("Gather", &[&list, &high]));
    let (part, gap) = (graph.op("Sub", &[x, &low]), graph.op("Sub", &[&high, &low]));
    let part = graph.op("Div", &[&part, &gap]);
    let before = graph.cast(&before, Type::Double);
    let between = graph.op("Add", &[&before, &part]);
    let (first, beyond) = (graph.op("Equal", &[&below, &none]), graph.op("Equal", &[&below, &all]));
    let outside = graph.op("Where", &[&beyond, &last, &between]);
    let outside = graph.op("Where", &[&first, &zero, &outside]);
    let share = graph.op("Where", &[&is_one, &middle, &outside]);
    let share = graph.op("Div", &[&share, &last]);
    let [least, most] = [Scale::EDGE, 1.0 - Scale::EDGE].map(|edge| graph.double(edge));
    let share = graph.op("Max", &[&share, &least]);
    let share = graph.op("Min", &[&share, &most]);

    // The inverse normal distribution function, AS 241.
    let q = graph.op("Sub", &[&share, &half]);
    let [bound, middle, start] = [0.425, 0.180_625, 1.6].map(|x| graph.double(x));
    let square = graph.op("Mul", &[&q, &q]);
    let inner = graph.op("Sub", &[&middle, &square]);
    let inner = ratio(graph, &inner, &Scale::NORMAL_CENTRE);
    let inner = graph.op("Mul", &[&q, &inner]);
    let rest = graph.op("Sub", &[&whole, &share]);
    let nearer = graph.op("Min", &[&share, &rest]);
    let nearer = graph.op("Log", &[&nearer]);
    let nearer = graph.op("Neg", &[&nearer]);
    let outer = graph.op("Sqrt", &[&nearer]);
    let outer = graph.op("Sub", &[&outer, &start]);
    let outer = ratio(graph, &outer, &Scale::NORMAL_MIDDLE);
    let sign = graph.op("Sign", &[&q]);
    let outer = graph.op("Mul", &[&sign, &outer]);
    let size = graph.op("Abs", &[&q]);
    let is_near = graph.op("LessOrEqual", &[&size, &bound]);
    let value = graph.op("Where", &[&is_near, &inner, &outer]);
    // What is not a number stays so.
    let nothing = graph.op("Sub", &[x, x]);
    graph.op("Add", &[&value, &nothing])
}

/// The ratio of two polynomials by Horner's rule.
fn ratio(graph: &mut Graph, r: &str, [above, below]: &[[f64; 8]; 2]) -> Name {
    let horner = |graph: &mut Graph, terms: &[f64; 8]| {
        let mut sum = graph.double(terms[7]);
        for &term in terms[..7].iter().rev() {
            let term = graph.double(term);
            let product = graph.op("Mul", &[&sum, r]);
            sum = graph.op("Add", &[&product, &term]);
        }
        sum
    };
    let (above, below) = (horner(graph, above), horner(graph, below));
    graph.op("Div", &[&above, &below])
}
