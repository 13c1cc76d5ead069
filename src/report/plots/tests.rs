use super::*;
use crate::analysis::sample;
use crate::report::draw;

#[test]
fn demo() {
    let analysis = sample::analysis();
    for plot in all(&analysis) {
        std::fs::write(format!("/tmp/fig/{}.png", plot.name()), draw::png(&plot.figure)).unwrap();
        std::fs::write(format!("/tmp/fig/{}.svg", plot.name()), draw::svg(&plot.figure)).unwrap();
        for table in &plot.tables {
            std::fs::write(format!("/tmp/fig/{}.csv", table.name), table.csv()).unwrap();
        }
    }
}
