//! Criteria, orders and cursors as SQL. The meaning is [`Criteria::matches`].

use std::fmt::Write;

use crm_core::kernel::{
    Criteria, CustomTest, CustomValue, Entity, FieldSpec, Kind, Op, OrderBy, Test, Value,
};

use crate::{Dialect, Param, SqlType, Table, catalog::Column, order, rows::spread};

/// A condition and its parameters; the first is the tenant.
pub(crate) struct Where<'t> {
    table: &'t Table,
    /// What stands before a column's name: nothing, or the name of one of several tables and a dot.
    prefix: String,
    /// Whether records are asked for that name another, which are few.
    few: bool,
    dialect: &'static dyn Dialect,
    pub(crate) sql: String,
    pub(crate) params: Vec<Param<'static>>,
}

impl<'t> Where<'t> {
    /// The tenant's rows that match.
    pub(crate) fn new<E: Entity>(
        table: &'t Table,
        dialect: &'static dyn Dialect,
        tenant: Param<'static>,
        criteria: &Criteria<E>,
    ) -> Self {
        Self::beside(table, dialect, vec![tenant], criteria)
    }

    /// The same beside other parameters; the first is the tenant.
    pub(crate) fn beside<E: Entity>(
        table: &'t Table,
        dialect: &'static dyn Dialect,
        params: Vec<Param<'static>>,
        criteria: &Criteria<E>,
    ) -> Self {
        let (prefix, sql) = (String::new(), " WHERE ".to_owned());
        let mut new = Self { table, prefix, few: false, dialect, sql, params };
        new.of_table(table, "", criteria);
        new
    }

    /// No condition yet.
    pub(crate) fn none(
        table: &'t Table,
        dialect: &'static dyn Dialect,
        tenant: Param<'static>,
    ) -> Self {
        let (prefix, sql) = (String::new(), String::new());
        Self { table, prefix, few: false, dialect, sql, params: vec![tenant] }
    }

    /// The tenant's rows of a table that match.
    pub(crate) fn of_table<E: Entity>(
        &mut self,
        table: &'t Table,
        prefix: &str,
        criteria: &Criteria<E>,
    ) {
        let mark = self.dialect.mark();
        self.push(format_args!("{prefix}tenant_id = {mark}1"));
        self.and_match(table, prefix, criteria);
    }

    /// And match.
    pub(crate) fn and_match<E: Entity>(
        &mut self,
        table: &'t Table,
        prefix: &str,
        criteria: &Criteria<E>,
    ) {
        (self.table, self.prefix) = (table, prefix.to_owned());
        self.few = order::names_one(&table.indexes.naming, criteria);
        if !criteria.is_everything() {
            self.sql.push_str(" AND ");
            self.criteria(criteria);
        }
    }

    /// These criteria by themselves, of a table that stands elsewhere in the statement.
    pub(crate) fn test_of<E: Entity>(
        &mut self,
        table: &'t Table,
        prefix: &str,
        criteria: &Criteria<E>,
    ) -> String {
        let before = std::mem::take(&mut self.sql);
        (self.table, self.prefix, self.few) = (table, prefix.to_owned(), false);
        self.criteria(criteria);
        std::mem::replace(&mut self.sql, before)
    }

    /// And stands after these values of the order. The criteria are those of [`Where::new`].
    pub(crate) fn after<E: Entity>(
        &mut self,
        order: &[OrderBy<E>],
        values: Vec<Value<'static>>,
        criteria: &Criteria<E>,
    ) {
        let places = self.places(order, values);
        self.sql.push_str(" AND ");
        let first = places.first().is_some_and(|place| place.descending);
        let filled = |place: &Place<'_>| {
            !place.column.nullable
                || (!place.value.is_null() && asks_for(criteria, &place.column.name))
        };
        if places.iter().all(|place| filled(place) && place.descending == first) {
            self.row_after(&places, first);
        } else {
            self.each_after(&places);
        }
    }

    /// A parameter's mark.
    pub(crate) fn bind(&mut self, param: Param<'static>) -> String {
        self.params.push(param);
        format!("{}{}", self.dialect.mark(), self.params.len())
    }

    fn criteria<E: Entity>(&mut self, criteria: &Criteria<E>) {
        match criteria {
            Criteria::All(list) => self.list(list, " AND ", "TRUE"),
            Criteria::Any(list) => self.list(list, " OR ", "FALSE"),
            // In these words, indexes of what is not empty are found.
            Criteria::Not(one) => match one.as_ref() {
                Criteria::Empty(field) if !field.kind.is_structured() => {
                    let column = self.column::<E>(field.name);
                    self.push(format_args!("{column} IS NOT NULL"));
                }
                one => {
                    self.sql.push_str("NOT ");
                    self.list(std::slice::from_ref(one), "", "TRUE");
                }
            },
            Criteria::Empty(field) => {
                let column = self.column::<E>(field.name);
                if field.kind.is_structured() {
                    let nothing = self.dialect.is_bare(&column);
                    self.push(format_args!("({column} IS NULL OR {nothing})"));
                } else {
                    self.push(format_args!("{column} IS NULL"));
                }
            }
            // Two columns are compared one amount after the other.
            Criteria::OneOf(field, values) if field.kind == Kind::Money => {
                let test = |value: &Value<'static>| {
                    Criteria::Test(Test { field, op: Op::Eq, value: value.clone() })
                };
                self.list(&values.iter().map(test).collect::<Vec<Criteria<E>>>(), " OR ", "FALSE");
            }
            Criteria::OneOf(field, values) => self.one_of::<E>(field.name, values),
            Criteria::Test(test) => self.test(test),
            Criteria::Custom(test) => self.custom(test),
            Criteria::CustomEmpty(field, name) => {
                let (column, name) = self.own(field, name);
                let sql = self.dialect.has_custom(&column, &name);
                self.push(format_args!("NOT ({sql})"));
            }
        }
    }

    /// In halves, so that a long list is not a deep tree for the database.
    fn list<E: Entity>(&mut self, list: &[Criteria<E>], word: &str, none: &str) {
        match list {
            [] => self.sql.push_str(none),
            [one] => {
                self.sql.push('(');
                self.criteria(one);
                self.sql.push(')');
            }
            more => {
                let (left, right) = more.split_at(more.len() / 2);
                self.sql.push('(');
                self.list(left, word, none);
                self.sql.push_str(word);
                self.list(right, word, none);
                self.sql.push(')');
            }
        }
    }

    fn test<E: Entity>(&mut self, test: &Test<E>) {
        let column = self.column::<E>(test.field.name);
        if test.field.nullable {
            // A test of an empty field is false, not unknown, so that its opposite is true.
            self.push(format_args!("({column} IS NOT NULL AND "));
        }
        match (&test.value, test.op) {
            (Value::Money(money), op) => {
                let currency = self.bind(text(money.currency().code()));
                let amount =
                    self.bind(Param::new(SqlType::Decimal, Value::Decimal(money.amount())));
                let op = sign(op);
                self.push(format_args!(
                    "({column}_currency = {currency} AND {column} {op} {amount})"
                ));
            }
            (value, Op::StartsWith) => {
                let part = self.bind(param(Kind::Text, value));
                self.push(format_args!(
                    "({column} >= {part} AND substr({column}, 1, length({part})) = {part})"
                ));
            }
            (value, Op::Contains) => {
                let part = self.bind(param(Kind::Text, value));
                let sql = self.dialect.contains(&column, &part);
                self.sql.push_str(&sql);
            }
            (value, Op::Has) => {
                let word = self.bind(param(Kind::Text, value));
                let sql = self.dialect.has(&column, &word);
                self.sql.push_str(&sql);
            }
            (value, op) => {
                let column = self.beside_few::<E>(test.field.name, column);
                let mark = self.bind(param(test.field.kind, value));
                let op = sign(op);
                self.push(format_args!("{column} {op} {mark}"));
            }
        }
        if test.field.nullable {
            self.sql.push(')');
        }
    }

    /// One that is absent or of another type is NULL: then the test is false.
    fn custom<E: Entity>(&mut self, test: &CustomTest<E>) {
        let (sql_type, value) = match &test.value {
            CustomValue::Flag(flag) => (SqlType::Bool, Value::Bool(*flag)),
            CustomValue::Number(number) => (SqlType::Decimal, Value::Decimal(*number)),
            CustomValue::Date(day) => (SqlType::Text, Value::Text(day.to_string().into())),
            CustomValue::Text(text) => (SqlType::Text, Value::Text(text.clone().into())),
            // Refused by the check of the criteria.
            _ => return self.sql.push_str("FALSE"),
        };
        let (column, name) = self.own(test.field, &test.name);
        let member = test.value.member();
        let found = self.dialect.custom(&column, &name, member, sql_type);
        let value = self.bind(Param::new(sql_type, value));
        let sql = match test.op {
            Op::StartsWith => format!("substr({found}, 1, length({value})) = {value}"),
            Op::Contains => self.dialect.contains(&found, &value),
            op => format!("{found} {} {value}", sign(op)),
        };
        self.push(format_args!("coalesce({sql}, FALSE)"));
    }

    /// The column of the tenant's own fields, and a parameter with the name of one.
    fn own<E: Entity>(&mut self, field: &FieldSpec<E>, name: &str) -> (String, String) {
        let name = self.bind(Param::new(SqlType::Text, Value::Text(name.to_owned().into())));
        (self.column::<E>(field.name), name)
    }

    fn one_of<E: Entity>(&mut self, field: &str, values: &[Value<'static>]) {
        if values.is_empty() {
            return self.sql.push_str("FALSE");
        }
        let column = self.column::<E>(field);
        self.push(format_args!("({column} IS NOT NULL AND "));
        let kind = E::FIELDS.iter().find(|f| f.name == field).map_or(Kind::Text, |f| f.kind);
        let sql_type = first_type(kind);
        let column = self.beside_few::<E>(field, column);
        let dialect = self.dialect;
        let sql =
            dialect.one_of(&column, field == "id", sql_type, values, &mut |param| self.bind(param));
        self.sql.push_str(&sql);
        self.sql.push(')');
    }

    /// All columns in one comparison: what an index can begin at.
    fn row_after(&mut self, places: &[Place], descending: bool) {
        let names: Vec<_> = places.iter().map(|p| p.column.name.clone()).collect();
        let marks: Vec<_> = places
            .iter()
            .map(|p| self.bind(Param::new(p.column.sql_type, p.value.clone())))
            .collect();
        let (names, marks) = (names.join(", "), marks.join(", "));
        let op = if descending { '<' } else { '>' };
        self.push(format_args!("({names}) {op} ({marks})"));
    }

    /// Equal up to a column, and beyond the value in that one. Empty comes before everything.
    fn each_after(&mut self, places: &[Place]) {
        let marks: Vec<_> = places
            .iter()
            .map(|p| self.bind(Param::new(p.column.sql_type, p.value.clone())))
            .collect();
        self.sql.push('(');
        for at in 0..places.len() {
            if at > 0 {
                self.sql.push_str(" OR ");
            }
            self.sql.push('(');
            for (place, mark) in places.iter().zip(&marks).take(at) {
                let column = &place.column.name;
                if place.value.is_null() {
                    self.push(format_args!("{column} IS NULL AND "));
                } else {
                    self.push(format_args!("{column} = {mark} AND "));
                }
            }
            if let (Some(place), Some(mark)) = (places.get(at), marks.get(at)) {
                let column = &place.column.name;
                match (place.value.is_null(), place.descending) {
                    (true, true) => self.sql.push_str("FALSE"),
                    (true, false) => self.push(format_args!("{column} IS NOT NULL")),
                    (false, true) if place.column.nullable => {
                        self.push(format_args!("({column} < {mark} OR {column} IS NULL)"));
                    }
                    (false, true) => self.push(format_args!("{column} < {mark}")),
                    (false, false) => self.push(format_args!("{column} > {mark}")),
                }
            }
            self.sql.push(')');
        }
        self.sql.push(')');
        // A parameter that no branch uses has no type for the database to tell.
        for (place, mark) in places.iter().zip(&marks) {
            if place.value.is_null() {
                self.push(format_args!(" AND {mark} IS NULL"));
            }
        }
    }

    fn places<E: Entity>(
        &self,
        order: &[OrderBy<E>],
        values: Vec<Value<'static>>,
    ) -> Vec<Place<'t>> {
        let mut places = Vec::new();
        for (by, value) in order.iter().zip(values) {
            let columns = self.table.columns_named::<E>(by.field.name);
            let mut parts = Vec::new();
            spread(columns, value, |_, value| parts.push(value));
            let pairs = columns.iter().zip(parts);
            let new =
                pairs.map(|(column, value)| Place { column, value, descending: by.descending });
            // Money is ordered by its currency first.
            let mut new: Vec<_> = new.collect();
            new.reverse();
            places.extend(new);
        }
        places
    }

    fn column<E: Entity>(&self, field: &str) -> String {
        let column = self.table.columns_named::<E>(field).first();
        column.map(|c| format!("{}{}", self.prefix, c.name)).unwrap_or_default()
    }

    /// Where few rows name a record, no index of all that have a status, say, should be followed.
    fn beside_few<E: Entity>(&self, field: &str, column: String) -> String {
        let is_text = || E::FIELDS.iter().any(|f| f.name == field && f.kind == Kind::Text);
        let shared = self.few
            && self.table.indexes.first.contains(field)
            && !E::UNIQUE.contains(&field)
            && is_text();
        if shared { self.dialect.unindexed(&column) } else { column }
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.sql.write_fmt(text);
    }
}

/// A column of an order, and the value to go on after.
struct Place<'t> {
    column: &'t Column,
    value: Value<'static>,
    descending: bool,
}

/// Whether only records match in which this column is not empty.
fn asks_for<E: Entity>(criteria: &Criteria<E>, column: &str) -> bool {
    match criteria {
        Criteria::All(list) => list.iter().any(|one| asks_for(one, column)),
        Criteria::Not(one) => {
            matches!(one.as_ref(), Criteria::Empty(field) if field.name == column)
        }
        _ => false,
    }
}

fn param(kind: Kind, value: &Value<'static>) -> Param<'static> {
    Param::new(first_type(kind), value.clone())
}

fn first_type(kind: Kind) -> SqlType {
    SqlType::of(kind).first().copied().unwrap_or(SqlType::Text)
}

fn text(text: &'static str) -> Param<'static> {
    Param::text(text)
}

const fn sign(op: Op) -> &'static str {
    match op {
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        _ => "=",
    }
}
