use std::fmt::Write;

use crate::{SqlType, Union};

/// One statement for several lists. Columns of one type share their places in its rows, which stay
/// narrow.
#[derive(Default)]
pub(super) struct Statement<'a> {
    lists: Vec<List<'a>>,
    /// The types of the places.
    types: Vec<SqlType>,
    /// Which places are of a type.
    places_of: [Vec<usize>; SqlType::ALL.len()],
}

/// What one question selects.
struct List<'a> {
    columns: Vec<(&'a str, SqlType)>,
    places: Vec<usize>,
    /// From `FROM` on.
    rest: String,
    /// When each row was, of the lists that have a limit together.
    moment: Option<String>,
}

impl<'a> Statement<'a> {
    /// One more list: its columns and what follows from `FROM` on. `moment` is when each row was, of
    /// those that have a limit together: their first UUID is the id of the record.
    pub(super) fn add(
        &mut self,
        columns: Vec<(&'a str, SqlType)>,
        rest: String,
        moment: Option<String>,
    ) {
        let mut taken = [0; SqlType::ALL.len()];
        let mut places = Vec::with_capacity(columns.len());
        for (_, sql_type) in &columns {
            let of = *sql_type as usize;
            let (Some(known), Some(taken)) = (self.places_of.get_mut(of), taken.get_mut(of)) else {
                continue;
            };
            if known.len() == *taken {
                known.push(self.types.len());
                self.types.push(*sql_type);
            }
            places.extend(known.get(*taken));
            *taken += 1;
        }
        self.lists.push(List { columns, places, rest, moment });
    }

    /// The values of a column of a list, of its rows among the newest; none without such a list.
    pub(super) fn among_newest(&self, list: usize, column: &str) -> Option<String> {
        let of = self.lists.get(list).filter(|of| of.moment.is_some())?;
        let at = of.columns.iter().position(|(name, _)| *name == column)?;
        let place = of.places.get(at)?;
        Some(format!("SELECT c{place} FROM newest WHERE list = {list}"))
    }

    /// Of each list, where its columns stand in the answer: behind the number of the list.
    pub(super) fn columns(&self) -> Vec<Vec<(usize, SqlType)>> {
        let of = |list: &List<'_>| {
            let places = list.places.iter().map(|place| place + 1);
            places.zip(list.columns.iter().map(|(_, sql_type)| *sql_type)).collect()
        };
        self.lists.iter().map(of).collect()
    }

    /// Its text. `limit` is a parameter: how many rows the lists with a moment have together.
    pub(super) fn sql(&self, limit: &str, union: &dyn Union) -> String {
        let mut sql = String::with_capacity(8 << 10);
        let newest = self.numbered(true).next().is_some();
        if newest {
            let names: String = (0..self.types.len()).map(|place| format!(", c{place}")).collect();
            let id = self.places_of.get(SqlType::Uuid as usize).and_then(|places| places.first());
            let id = id.copied().unwrap_or_default();
            // Writing to a string does not fail.
            let _ = write!(sql, "WITH newest (list, moment{names}) AS (SELECT * FROM (");
            self.union(true, union, &mut sql);
            let _ = write!(
                sql,
                ") AS every ORDER BY 2 DESC, {} DESC, 1 LIMIT {limit}) \
                 SELECT list{names} FROM newest",
                id + 3
            );
        }
        if newest && self.numbered(false).next().is_some() {
            sql.push_str(" UNION ALL ");
        }
        self.union(false, union, &mut sql);
        sql
    }

    /// The lists that have a moment, or those that have none.
    fn numbered(&self, moment: bool) -> impl Iterator<Item = (usize, &List<'a>)> {
        self.lists.iter().enumerate().filter(move |(_, list)| list.moment.is_some() == moment)
    }

    /// In the first one of all, what a list does not have tells its type: the others follow it.
    fn union(&self, moment: bool, union: &dyn Union, sql: &mut String) {
        for (at, (number, list)) in self.numbered(moment).enumerate() {
            if at > 0 {
                sql.push_str(" UNION ALL ");
            }
            let first = at == 0 && (moment || self.numbered(true).next().is_none());
            let nothing = |place: usize, sql: &mut String| {
                let sql_type = self.types.get(place).filter(|_| first);
                let _ = match sql_type.map(|sql_type| union.type_name(*sql_type)) {
                    // By a name of its own: a list may be ordered by a column called like a type.
                    Some(name) => write!(sql, ", CAST(NULL AS {name}) AS c{place}"),
                    None => write!(sql, ", NULL"),
                };
            };
            list.select(number, self.types.len(), nothing, sql);
        }
    }
}

impl List<'_> {
    fn select(
        &self,
        number: usize,
        width: usize,
        nothing: impl Fn(usize, &mut String),
        sql: &mut String,
    ) {
        let _ = write!(sql, "(SELECT CAST({number} AS bigint)");
        if let Some(moment) = &self.moment {
            let _ = write!(sql, ", {moment} AS moment");
        }
        let mut all = vec![None; width];
        for ((name, _), place) in self.columns.iter().zip(&self.places) {
            if let Some(column) = all.get_mut(*place) {
                *column = Some(*name);
            }
        }
        for (place, column) in all.into_iter().enumerate() {
            match column {
                Some(column) => {
                    sql.push_str(", ");
                    sql.push_str(column);
                }
                None => nothing(place, sql),
            }
        }
        sql.push_str(&self.rest);
        sql.push(')');
    }
}
