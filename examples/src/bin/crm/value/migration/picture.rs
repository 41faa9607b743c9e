use crm_core::{
    customer::Customer,
    kernel::Id,
    value::{Migration, MigrationCell, Move},
};

use crate::{
    chart::{self, Grid},
    failure::Failure,
    output::{counted, grouped, short},
    page::{Drawing, Page, Shown, Table},
};

/// What moved between which runs, and by which groups.
pub(super) struct Moves<'m> {
    pub(super) told: &'m Migration<Id<Customer>, String>,
    /// What the groups are called: classes.
    pub(super) groups: &'static str,
    /// What the runs are called.
    pub(super) runs: [String; 2],
    pub(super) moved: u64,
}

/// Names of groups have room below for so much text; where they are longer, numbers stand there.
const BELOW: usize = 80;
/// Between two names.
const ROOM: usize = 2;

impl Moves<'_> {
    /// Row by row, from where to where; last who came, and who left. None where nobody can be.
    pub(super) fn rows<T>(
        &self,
        of: impl Fn(&MigrationCell<String>) -> T,
    ) -> Vec<(&str, Vec<Option<T>>)> {
        let ends = || self.told.groups.iter().map(Some).chain([None]);
        let rows = ends().map(|from| {
            let cells = ends().map(|to| {
                let mut cells = self.told.cells.iter();
                let cell =
                    cells.find(|cell| (cell.before.as_ref(), cell.after.as_ref()) == (from, to));
                cell.map(&of)
            });
            (from.map_or("came", String::as_str), cells.collect())
        });
        rows.collect()
    }

    /// Where they are now.
    pub(super) fn columns(&self) -> Vec<&str> {
        self.told.groups.iter().map(String::as_str).chain(["left"]).collect()
    }

    /// How many moved, how many stayed.
    pub(super) fn counted(&self) -> String {
        let count = |number| counted(number, "customer", "customers");
        format!("{} moved, {} stayed", count(self.moved), count(self.told.stayed))
    }

    fn title(&self) -> String {
        let [before, after] = self.runs.each_ref().map(|run| short(run, 24));
        format!("From which {} to which: {before} to {after}", self.groups)
    }

    pub(super) fn picture(&self) -> Result<Drawing, Failure> {
        if self.moved + self.told.stayed == 0 {
            return Ok(Err("nobody is in these runs: there is nothing to draw".to_owned()));
        }
        let (rows, numbers): (Vec<_>, Vec<_>) =
            self.rows(|cell| cell.customers).into_iter().unzip();
        let names = self.told.groups.iter().map(|name| name.chars().count() + ROOM).sum::<usize>();
        let below =
            if names > BELOW { "Where they are now, by number" } else { "Where they are now" };
        let called = |(at, name): (usize, &str), numbered: fn(usize, &str) -> String| {
            if names > BELOW && at < self.told.groups.len() {
                numbered(at + 1, &words(name))
            } else {
                words(name)
            }
        };
        let columns = self.columns().into_iter().enumerate();
        let rows = rows.into_iter().enumerate();
        let grid = Grid {
            title: self.title(),
            subtitle: "On the diagonal who stayed, left of it who rose, right of it who fell"
                .to_owned(),
            across: (below, columns.map(|one| called(one, |at, _| at.to_string())).collect()),
            down: (
                "Where they were",
                rows.map(|one| called(one, |at, name| format!("{at} {name}"))).collect(),
            ),
            numbers: numbers.into_iter().flatten().collect(),
        };
        let source = format!("{}.", self.counted());
        let svg = chart::draw([grid.picture()?], source)?;
        Ok(Ok(Shown { svg, says: format!("{}. {}.", self.title(), self.counted()) }))
    }

    /// All that `crm migration` tells, on one page.
    pub(super) fn page<'n>(
        &self,
        some: &[Move<Id<Customer>, String>],
        name: impl Fn(Id<Customer>) -> &'n str,
        picture: Option<Shown>,
    ) -> Page {
        let text = |amount: &Option<String>| amount.as_ref().map(grouped).unwrap_or_default();
        let movers = some.iter().map(|one| {
            let reason = words(&one.reason);
            vec![
                short(name(one.customer), 50),
                text(&one.value_before),
                text(&one.value_after),
                reason,
            ]
        });
        let cells = self.told.cells.iter().filter(|cell| cell.customers > 0).map(|cell| {
            let name = |group: &Option<String>, none: &str| words(group.as_deref().unwrap_or(none));
            vec![
                name(&cell.before, "came"),
                name(&cell.after, "left"),
                grouped(cell.customers),
                grouped(&cell.value_before),
                grouped(&cell.value_after),
            ]
        });
        let currency = self.told.currency;
        let (before, after) =
            (format!("Brought before, {currency}"), format!("Bring now, {currency}"));
        Page {
            title: self.title(),
            lead: vec![format!("{}.", self.counted())],
            picture,
            tables: vec![
                Table::new(
                    "From where to where",
                    &["From", "To", "Customers", &before, &after],
                    2..5,
                    cells,
                ),
                Table::new("Who moved", &["Customer", &before, &after, "Why"], 1..3, movers),
            ],
        }
    }
}

/// Names as people write them.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}
