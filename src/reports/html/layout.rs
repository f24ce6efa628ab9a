//! A layered layout for graphs of states: from the top down, few crossings, the same for the same graph.
//!
//! Long edges to one node share a lane through the layers between, so that a state that all others lead to is reached by one
//! line and not by thirty. The steps are those of Sugiyama: break cycles, assign layers, order them, assign places.
//! Deliberately not here: what nodes and edges mean, and SVG.

use std::collections::{BTreeMap, BTreeSet};

/// A point, in units of the drawing.
pub(super) type Point = (f64, f64);

/// How large everything is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measures {
    pub node: Point,
    /// Between two neighbours of a layer.
    pub gap: f64,
    /// Between two layers.
    pub rise: f64,
    /// What a lane takes of a layer's width.
    pub lane: f64,
}

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub size: Point,
    /// The middle of each node.
    pub nodes: Vec<Point>,
    /// For each edge the points that it goes through, from its source to its target; two for each layer between.
    pub edges: Vec<Vec<Point>>,
}

/// Lays a graph out. Node 0 is the start; `last` says which nodes stand in the last layer. No edge leads from a node to itself.
pub(super) fn layout(last: &[bool], edges: &[(usize, usize)], measures: Measures) -> Layout {
    let forward = without_cycles(last, edges);
    let layers = layered(last, edges, &forward);
    let mut net = Net::new(&layers, edges, &forward);
    net.order();
    net.place(measures)
}

/// For each edge whether it leads on; the others lead back: they close a cycle, or leave a node of the last layer.
fn without_cycles(last: &[bool], edges: &[(usize, usize)]) -> Vec<bool> {
    let mut forward: Vec<bool> = edges.iter().map(|(from, to)| !last[*from] || last[*to]).collect();
    let (mut seen, mut open) = (vec![false; last.len()], vec![false; last.len()]);
    for start in 0..last.len() {
        visit(start, edges, &mut forward, &mut seen, &mut open);
    }
    forward
}

fn visit(start: usize, edges: &[(usize, usize)], forward: &mut [bool], seen: &mut [bool], open: &mut [bool]) {
    // A stack of our own: a contract may have more states than a thread has room for.
    let mut stack = vec![(start, 0)];
    while let Some((node, at)) = stack.pop() {
        if at == 0 {
            if seen[node] {
                continue;
            }
            (seen[node], open[node]) = (true, true);
        }
        let next = (at..edges.len()).find(|edge| edges[*edge].0 == node && forward[*edge]);
        let Some(edge) = next else {
            open[node] = false;
            continue;
        };
        stack.push((node, edge + 1));
        let target = edges[edge].1;
        if open[target] {
            forward[edge] = false;
        } else {
            stack.push((target, 0));
        }
    }
}

/// The layer of each node: below all nodes that lead to it.
fn layered(last: &[bool], edges: &[(usize, usize)], forward: &[bool]) -> Vec<usize> {
    let mut layers = vec![0; last.len()];
    let lines: Vec<(usize, usize)> = edges.iter().zip(forward).map(|(edge, on)| directed(*edge, *on)).collect();
    // Without cycles no path is longer than there are nodes.
    for _ in 0..last.len() {
        lines.iter().for_each(|(upper, lower)| layers[*lower] = layers[*lower].max(layers[*upper] + 1));
    }
    let bottom = layers.iter().copied().max().unwrap_or_default().max(1);
    for node in (0..last.len()).filter(|node| last[*node]) {
        if lines.iter().all(|(upper, _)| *upper != node) {
            layers[node] = bottom;
        }
    }
    layers
}

fn directed((from, to): (usize, usize), on: bool) -> (usize, usize) {
    if on { (from, to) } else { (to, from) }
}

/// What stands in a layer: a node, or the lane of all edges that go through to a target, down or up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Node(usize),
    Lane { target: usize, layer: usize, up: bool },
}

/// The graph with its lanes: every line leads from one layer to the next.
struct Net {
    items: Vec<Item>,
    layers: Vec<Vec<usize>>,
    /// Items above and items below.
    above: Vec<BTreeSet<usize>>,
    below: Vec<BTreeSet<usize>>,
    /// For each edge the items that it goes through.
    ways: Vec<Vec<usize>>,
}

impl Net {
    fn new(layers: &[usize], edges: &[(usize, usize)], forward: &[bool]) -> Self {
        let depth = layers.iter().max().map_or(0, |last| last + 1);
        let mut net =
            Self { items: Vec::new(), layers: vec![Vec::new(); depth], above: vec![], below: vec![], ways: vec![] };
        let mut known = BTreeMap::new();
        for (node, layer) in layers.iter().enumerate() {
            net.item(&mut known, Item::Node(node), *layer);
        }
        for ((from, to), on) in edges.iter().zip(forward) {
            let between: Vec<usize> = if *on {
                (layers[*from] + 1..layers[*to]).collect()
            } else {
                (layers[*to] + 1..layers[*from]).rev().collect()
            };
            let lane = |layer| (Item::Lane { target: *to, layer, up: !*on }, layer);
            let way = std::iter::once((Item::Node(*from), layers[*from])).chain(between.into_iter().map(lane));
            let way: Vec<_> = way.chain([(Item::Node(*to), layers[*to])]).collect();
            let way: Vec<usize> = way.into_iter().map(|(item, layer)| net.item(&mut known, item, layer)).collect();
            net.join(&way, *on);
            net.ways.push(way);
        }
        net
    }

    fn item(&mut self, known: &mut BTreeMap<Item, usize>, item: Item, layer: usize) -> usize {
        *known.entry(item).or_insert_with(|| {
            self.items.push(item);
            self.layers[layer].push(self.items.len() - 1);
            self.above.push(BTreeSet::new());
            self.below.push(BTreeSet::new());
            self.items.len() - 1
        })
    }

    fn join(&mut self, way: &[usize], down: bool) {
        for pair in way.windows(2) {
            let (upper, lower) = directed((pair[0], pair[1]), down);
            self.below[upper].insert(lower);
            self.above[lower].insert(upper);
        }
    }

    /// Sorts every layer by where its neighbours stand, down and up in turn, and keeps the order with the fewest crossings.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for round in 0..24 {
            let down = round % 2 == 0;
            let depth = self.layers.len();
            for at in 1..depth {
                self.sort(if down { at } else { depth - 1 - at }, down);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    fn sort(&mut self, layer: usize, down: bool) {
        let fixed = self.ranks(if down { layer - 1 } else { layer + 1 });
        let own = self.ranks(layer);
        let neighbours = if down { &self.above } else { &self.below };
        let mean = |item: &usize| {
            let places: Vec<f64> = neighbours[*item].iter().filter_map(|other| fixed.get(other).copied()).collect();
            if places.is_empty() { own[item] } else { places.iter().sum::<f64>() / count(places.len()) }
        };
        let mut wanted: Vec<(f64, usize)> = self.layers[layer].iter().map(|item| (mean(item), *item)).collect();
        wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.layers[layer] = wanted.into_iter().map(|(_, item)| item).collect();
    }

    /// Where the items of a layer stand, as shares of its width.
    fn ranks(&self, layer: usize) -> BTreeMap<usize, f64> {
        let items = &self.layers[layer];
        let share = |at: usize| (count(at) + 0.5) / count(items.len());
        items.iter().enumerate().map(|(at, item)| (*item, share(at))).collect()
    }

    fn crossings(&self) -> usize {
        (1..self.layers.len()).map(|layer| self.crossings_above(layer)).sum()
    }

    fn crossings_above(&self, layer: usize) -> usize {
        let (upper, lower) = (self.ranks(layer - 1), self.ranks(layer));
        let lines =
            self.layers[layer].iter().flat_map(|item| self.above[*item].iter().map(|top| (upper[top], lower[item])));
        let lines: Vec<(f64, f64)> = lines.collect();
        let crosses = |(a, b): (f64, f64), (c, d): (f64, f64)| (a - c) * (b - d) < 0.0;
        lines
            .iter()
            .enumerate()
            .map(|(at, one)| lines[at..].iter().filter(|other| crosses(*one, **other)).count())
            .sum()
    }

    fn place(&self, measures: Measures) -> Layout {
        let x = self.columns(measures);
        let (width, height) = measures.node;
        let span = |layer: usize| count(layer) * (height + measures.rise);
        let edge_of = |item: &usize| x[*item] + self.width(*item, measures) / 2.0;
        let right = (0..self.items.len()).map(|item| edge_of(&item)).fold(width, f64::max);
        let mut y = vec![0.0; self.items.len()];
        for (layer, items) in self.layers.iter().enumerate() {
            items.iter().for_each(|item| y[*item] = span(layer) + height / 2.0);
        }
        let nodes = self.items.iter().zip(x.iter().zip(&y)).filter(|(item, _)| matches!(item, Item::Node(_)));
        Layout {
            size: (right, span(self.layers.len()) - measures.rise),
            nodes: nodes.map(|(_, (x, y))| (*x, *y)).collect(),
            edges: self.ways.iter().map(|way| self.points(way, &x, &y, measures)).collect(),
        }
    }

    fn width(&self, item: usize, measures: Measures) -> f64 {
        match self.items[item] {
            Item::Node(_) => measures.node.0,
            Item::Lane { .. } => measures.lane,
        }
    }

    /// The middles of all items: near those of their neighbours, in the order of their layer, never overlapping.
    fn columns(&self, measures: Measures) -> Vec<f64> {
        let mut x = vec![0.0; self.items.len()];
        for layer in &self.layers {
            self.spread(layer, &mut x, measures, count);
        }
        for round in 0..12 {
            let layers: Vec<&Vec<usize>> =
                if round % 2 == 0 { self.layers.iter().collect() } else { self.layers.iter().rev().collect() };
            for layer in layers {
                let before = x.clone();
                self.spread(layer, &mut x, measures, |item| {
                    let near: Vec<f64> =
                        self.above[item].iter().chain(&self.below[item]).map(|other| before[*other]).collect();
                    if near.is_empty() { before[item] } else { near.iter().sum::<f64>() / count(near.len()) }
                });
            }
        }
        let left = (0..x.len()).map(|item| x[item] - self.width(item, measures) / 2.0).fold(f64::MAX, f64::min);
        x.iter().map(|x| x - left).collect()
    }

    /// Brings the items of a layer as near to where they want to be as their widths allow.
    fn spread(&self, layer: &[usize], x: &mut [f64], measures: Measures, wanted: impl Fn(usize) -> f64) {
        let mut offsets = Vec::with_capacity(layer.len());
        let mut offset = 0.0;
        for (at, item) in layer.iter().enumerate() {
            let both = at
                .checked_sub(1)
                .map(|before| (self.width(layer[before], measures) + self.width(*item, measures)) / 2.0 + measures.gap);
            offset += both.unwrap_or_default();
            offsets.push(offset);
        }
        let goals: Vec<f64> = layer.iter().zip(&offsets).map(|(item, offset)| wanted(*item) - offset).collect();
        for ((item, place), offset) in layer.iter().zip(rising(&goals)).zip(&offsets) {
            x[*item] = place + offset;
        }
    }

    /// An edge's points: where it leaves its source, where it enters and leaves each lane, where it meets its target.
    fn points(&self, way: &[usize], x: &[f64], y: &[f64], measures: Measures) -> Vec<Point> {
        let half = measures.node.1 / 2.0;
        let mut points = Vec::new();
        for pair in way.windows(2) {
            let down = y[pair[1]] > y[pair[0]];
            let sign = if down { 1.0 } else { -1.0 };
            points.push((self.port(pair[0], pair[1], x, measures), y[pair[0]] + sign * half));
            points.push((self.port(pair[1], pair[0], x, measures), y[pair[1]] - sign * half));
        }
        points
    }

    /// Where a line to a neighbour leaves an item: the lines of one side share its width, in the order of the neighbours.
    fn port(&self, item: usize, neighbour: usize, x: &[f64], measures: Measures) -> f64 {
        let side = if self.below[item].contains(&neighbour) { &self.below[item] } else { &self.above[item] };
        // Lanes are as wide as a line, and the start is a dot.
        if matches!(self.items[item], Item::Lane { .. } | Item::Node(0)) {
            return x[item];
        }
        let mut others: Vec<usize> = side.iter().copied().collect();
        others.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
        let at = others.iter().position(|other| *other == neighbour).unwrap_or_default();
        let step = ((measures.node.0 - 24.0) / count(others.len())).min(22.0);
        x[item] + (count(at) - (count(others.len()) - 1.0) / 2.0) * step
    }
}

#[expect(clippy::cast_precision_loss, reason = "no contract has 2^52 states")]
fn count(of: usize) -> f64 {
    of as f64
}

/// The numbers nearest to these that never fall: neighbours that would are replaced by their mean.
fn rising(wanted: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for goal in wanted {
        let mut pool = (*goal, 1);
        while let Some((mean, size)) = pools.last().copied().filter(|(mean, _)| *mean > pool.0) {
            pools.pop();
            pool = ((mean * count(size) + pool.0 * count(pool.1)) / count(size + pool.1), size + pool.1);
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(mean, size)| std::iter::repeat_n(mean, size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURES: Measures = Measures { node: (100.0, 40.0), gap: 20.0, rise: 60.0, lane: 10.0 };

    fn laid(last: &[bool], edges: &[(usize, usize)]) -> Layout {
        layout(last, edges, MEASURES)
    }

    #[test]
    fn a_state_stands_below_those_that_lead_to_it_and_a_final_one_at_the_bottom() {
        let laid = laid(&[false, false, false, true], &[(0, 1), (1, 2), (2, 1), (1, 3), (2, 3)]);
        let y: Vec<f64> = laid.nodes.iter().map(|(_, y)| *y).collect();
        assert_eq!(y, [20.0, 120.0, 220.0, 320.0]);
    }

    #[test]
    fn nodes_never_overlap_and_all_is_inside() {
        let edges: Vec<_> =
            (1..40).flat_map(|node| [(0, node), (node, 39), (node, node / 2)]).filter(|(a, b)| a != b).collect();
        let mut last = vec![false; 40];
        last[39] = true;
        let laid = laid(&last, &edges);
        for (at, one) in laid.nodes.iter().enumerate() {
            assert!(one.0 >= 49.9 && one.0 <= laid.size.0 - 49.9 && one.1 < laid.size.1, "{one:?} of {:?}", laid.size);
            for other in &laid.nodes[..at] {
                assert!((one.1 - other.1).abs() > 1.0 || (one.0 - other.0).abs() >= 119.9, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn an_edge_begins_at_its_source_and_ends_at_its_target_even_when_it_leads_back() {
        let edges = [(0, 1), (1, 2), (2, 3), (3, 1), (0, 3)];
        let laid = laid(&[false; 4], &edges);
        for ((from, to), points) in edges.iter().zip(&laid.edges) {
            let near = |point: Point, node: Point| (point.0 - node.0).abs() <= 50.0 && (point.1 - node.1).abs() <= 20.0;
            assert!(
                near(points[0], laid.nodes[*from]) && near(points[points.len() - 1], laid.nodes[*to]),
                "{points:?}"
            );
        }
        assert_eq!(laid.edges[4].len(), 6, "it goes through two layers");
    }

    #[test]
    fn long_edges_to_one_state_share_a_lane() {
        let laid = laid(&[false, false, false, false, true], &[(0, 1), (1, 2), (2, 3), (0, 4), (1, 4), (3, 4)]);
        let end = |edge: usize| laid.edges[edge][laid.edges[edge].len() - 2..].to_vec();
        assert_eq!(end(3), end(4));
        assert_ne!(end(3), end(5));
    }

    #[test]
    fn r25_the_same_graph_is_laid_out_the_same() {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 0)];
        assert_eq!(laid(&[false; 4], &edges), laid(&[false; 4], &edges));
        assert_eq!(laid(&[], &[]).nodes, []);
    }

    #[test]
    fn numbers_that_would_fall_are_replaced_by_their_mean() {
        assert_eq!(rising(&[1.0, 5.0, 3.0, 9.0]), [1.0, 4.0, 4.0, 9.0]);
    }
}
