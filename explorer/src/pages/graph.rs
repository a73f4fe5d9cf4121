//! Drawing who shares with whom: where boxes and lines lie, in the units of an SVG.
//!
//! Data flows from left to right: on the left whose data a department reads, on the right who reads
//! what it provides. Only whole numbers, so that a picture is the same everywhere.

use dirchain_ledger::ids::DepartmentId;

/// Width and height of a box.
const BOX: (i64, i64) = (210, 34);
/// From one column's left edge to the next one's.
const COLUMN: i64 = 330;
/// From one row's top to the next one's.
const ROW: i64 = 44;
const MARGIN: i64 = 12;
/// From the end of a line to the middle of its number; so near a box a line is still level.
const LABEL: i64 = 16;
/// Characters of a name that fit a box; a Chinese one counts twice.
const NAME_UNITS_MAX: usize = 25;

/// A department or entry in the picture.
pub(super) struct Node {
    /// Its column, from the left.
    pub(super) column: i64,
    pub(super) name: String,
    pub(super) id: String,
    /// Where it leads.
    pub(super) href: String,
    /// Where its own neighbours are shown too, or no more; none where it has none. That page goes on at
    /// the same link, by the name it has there.
    pub(super) open: Option<(String, String)>,
    /// Whether they are shown.
    pub(super) is_open: bool,
    /// Whether the picture is about it.
    pub(super) is_centre: bool,
}

/// A line between two nodes, by their places in the list, for so many grants.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) count: u64,
}

/// A node laid out.
pub(super) struct Drawn {
    pub(super) node: Node,
    pub(super) shown_name: String,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) text_x: i64,
    pub(super) text_y: i64,
    pub(super) open_x: i64,
}

/// A line laid out.
pub(super) struct Line {
    pub(super) path: String,
    pub(super) width: i64,
    pub(super) count: u64,
    pub(super) label_x: i64,
    pub(super) label_y: i64,
    pub(super) title: (String, String),
}

/// A picture laid out.
pub(super) struct Picture {
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) box_width: i64,
    pub(super) box_height: i64,
    pub(super) nodes: Vec<Drawn>,
    pub(super) lines: Vec<Line>,
}

/// Lays out nodes in their columns, each column centred on the highest.
pub(super) fn picture(nodes: Vec<Node>, edges: &[Edge]) -> Picture {
    let columns = nodes.iter().map(|node| node.column).max().unwrap_or(0) + 1;
    let rows_of = |column: i64| nodes.iter().filter(|node| node.column == column).count();
    let count = |column: i64| i64::try_from(rows_of(column)).unwrap_or(i64::MAX);
    let rows = (0..columns).map(count).max().unwrap_or(1).max(1);
    let height = rows * ROW - (ROW - BOX.1) + 2 * MARGIN;
    let mut filled = vec![0i64; usize::try_from(columns).unwrap_or(0)];
    let tops: Vec<i64> = (0..columns)
        .map(|column| (height - (count(column) * ROW - (ROW - BOX.1))) / 2)
        .collect();
    let mut drawn = Vec::with_capacity(nodes.len());
    for node in nodes {
        let index = usize::try_from(node.column).unwrap_or(0);
        let row = filled.get(index).copied().unwrap_or(0);
        if let Some(filled) = filled.get_mut(index) {
            *filled += 1;
        }
        let x = MARGIN + node.column * COLUMN;
        let y = tops.get(index).copied().unwrap_or(MARGIN) + row * ROW;
        drawn.push(Drawn {
            shown_name: shortened(&node.name),
            x,
            y,
            text_x: x + 10,
            text_y: y + 22,
            open_x: x + BOX.0 - 13,
            node,
        });
    }
    let mut degrees = vec![0usize; drawn.len()];
    for place in edges.iter().flat_map(|edge| [edge.from, edge.to]) {
        if let Some(degree) = degrees.get_mut(place) {
            *degree += 1;
        }
    }
    let lines = edges.iter().filter_map(|edge| {
        let (from, to) = (drawn.get(edge.from)?, drawn.get(edge.to)?);
        // Lines part towards the end where fewer meet: there each has room for its number.
        let at_start = degrees.get(edge.from) < degrees.get(edge.to);
        let (x1, y1) = (from.x + BOX.0, from.y + BOX.1 / 2);
        let (x2, y2) = (to.x, to.y + BOX.1 / 2);
        let bend = (x2 - x1) / 2;
        Some(Line {
            path: format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend),
            width: thickness(edge.count),
            count: edge.count,
            label_x: if at_start { x1 + LABEL } else { x2 - LABEL },
            label_y: if at_start { y1 } else { y2 } - 4,
            title: (from.node.name.clone(), to.node.name.clone()),
        })
    });
    Picture {
        width: (columns - 1) * COLUMN + BOX.0 + 2 * MARGIN,
        height,
        box_width: BOX.0,
        box_height: BOX.1,
        lines: lines.collect(),
        nodes: drawn,
    }
}

/// One more for each doubling.
fn thickness(count: u64) -> i64 {
    i64::from(count.max(1).ilog2()) + 1
}

fn shortened(name: &str) -> String {
    let mut units = 0;
    let mut shown = String::new();
    for character in name.chars() {
        units += if character.is_ascii() { 1 } else { 2 };
        if units > NAME_UNITS_MAX {
            shown.push('…');
            break;
        }
        shown.push(character);
    }
    shown
}

/// The side of a cell, and where cells begin.
const CELL: i64 = 13;
const LABELS: i64 = 190;
/// How dark a cell can be: one grant, two and more, four and more, and so on.
const SHADES: usize = 5;

/// The label of a row or column of a matrix.
pub(super) struct Label {
    pub(super) id: DepartmentId,
    pub(super) name: String,
    pub(super) shown_name: String,
    /// Along the axis that it labels.
    pub(super) at: i64,
}

/// A matrix laid out: rows provide, columns read.
pub(super) struct Matrix {
    pub(super) rows: Vec<Label>,
    pub(super) columns: Vec<Label>,
    /// The cells of each shade as lines through their middles, from few to many; a cell's side is 1.
    pub(super) shades: Vec<String>,
    /// Between the cells, in the same units.
    pub(super) grid: String,
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) cell: i64,
    pub(super) origin: i64,
    pub(super) start: i64,
}

/// Lays out cells, each with its row, its column and how much it stands for; ascending by row, then
/// column.
pub(super) fn matrix(
    rows: Vec<(DepartmentId, String)>,
    columns: Vec<(DepartmentId, String)>,
    cells: &[(usize, usize, u64)],
) -> Matrix {
    let mut shades = vec![String::new(); SHADES];
    // Where each shade's line ends.
    let mut ends: Vec<Option<(usize, usize)>> = vec![None; SHADES];
    for (row, column, count) in cells {
        let shade = usize::try_from(count.max(&1).ilog2())
            .unwrap_or(SHADES)
            .min(SHADES - 1);
        let (Some(path), Some(end)) = (shades.get_mut(shade), ends.get_mut(shade)) else {
            continue;
        };
        match *end {
            Some((last, at)) if last == *row && at == *column => path.push_str("h1"),
            Some((last, at)) if last == *row && at < *column => {
                path.push_str(&format!("m{} 0h1", column - at));
            }
            Some(_) | None => path.push_str(&format!("M{column} {row}.5h1")),
        }
        *end = Some((*row, column.saturating_add(1)));
    }
    let (across, down) = (columns.len(), rows.len());
    let upright = (0..=across).map(|x| format!("M{x} 0v{down}"));
    let level = (0..=down).map(|y| format!("M0 {y}h{across}"));
    let size = |count: usize| i64::try_from(count).unwrap_or(0) * CELL + LABELS + MARGIN;
    let labels = |departments: Vec<(DepartmentId, String)>| -> Vec<Label> {
        let numbered = departments.into_iter().enumerate();
        let labels = numbered.map(|(index, (id, name))| Label {
            shown_name: shortened(&name),
            at: i64::try_from(index).unwrap_or(0) * CELL + LABELS + CELL - 3,
            id,
            name,
        });
        labels.collect()
    };
    Matrix {
        grid: upright.chain(level).collect(),
        width: size(across),
        height: size(down),
        rows: labels(rows),
        columns: labels(columns),
        shades,
        cell: CELL,
        origin: LABELS,
        start: LABELS - 6,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn node(column: i64, name: &str) -> Node {
        Node {
            column,
            name: name.to_owned(),
            id: name.to_owned(),
            href: String::new(),
            open: None,
            is_open: false,
            is_centre: column == 1,
        }
    }

    #[test]
    fn boxes_lie_apart_and_inside_the_picture() {
        let mut nodes: Vec<Node> = (0..24).map(|i| node(0, &format!("l{i}"))).collect();
        nodes.push(node(1, "centre"));
        nodes.extend((0..3).map(|i| node(2, &format!("r{i}"))));
        let edges: Vec<Edge> = (0..24)
            .map(|from| Edge {
                from,
                to: 24,
                count: 1 << from.min(9),
            })
            .collect();
        let picture = picture(nodes, &edges);
        assert_eq!(picture.lines.len(), 24);
        for (line, from) in picture.lines.iter().zip(&picture.nodes) {
            let beside = (line.label_x - (from.x + BOX.0), line.label_y - from.y);
            assert_eq!(
                beside,
                (LABEL, BOX.1 / 2 - 4),
                "its number stands where it begins"
            );
        }
        for (index, one) in picture.nodes.iter().enumerate() {
            assert!(one.x >= 0 && one.x + BOX.0 <= picture.width);
            assert!(one.y >= 0 && one.y + BOX.1 <= picture.height, "{}", one.y);
            for other in &picture.nodes[index + 1..] {
                let apart = one.x != other.x || (one.y - other.y).abs() >= BOX.1;
                assert!(apart, "{} and {}", one.node.name, other.node.name);
            }
        }
        assert!(
            picture
                .lines
                .iter()
                .all(|line| (1..=12).contains(&line.width))
        );
    }

    #[test]
    fn cells_lie_in_their_rows_and_columns() {
        let named = |count: usize| -> Vec<(DepartmentId, String)> {
            let ids =
                (1..=count).map(|n| (format!("D{n:03}").parse().unwrap(), format!("部门{n}")));
            ids.collect()
        };
        let cells = [
            (0, 1, 1),
            (0, 2, 1),
            (0, 3, 2),
            (0, 4, 1),
            (2, 0, 1),
            (2, 1, 40),
        ];
        let matrix = matrix(named(3), named(5), &cells);
        let expected = ["M1 0.5h1h1m1 0h1M0 2.5h1", "M3 0.5h1", "", "", "M1 2.5h1"];
        assert_eq!(matrix.shades, expected);
        assert_eq!(matrix.width - matrix.height, 2 * CELL);
    }

    #[test]
    fn long_names_are_cut_where_they_end_a_box() {
        assert_eq!(shortened("北京市公安局"), "北京市公安局");
        assert_eq!(
            shortened("北京市人力资源和社会保障局"),
            "北京市人力资源和社会保障…"
        );
    }
}
