use crate::{
    customer::Customer, kernel::text_enum, lead::Lead, opportunity::Opportunity, product::Product,
    staff_member::StaffMember, transaction::Transaction,
};

use super::plan::{FieldInfo, fields_of};

text_enum! {
    /// What the rows are.
    pub enum ImportKind {
        /// Staff members.
        Staff = "staff",
        /// Customers.
        Customers = "customers",
        /// Products.
        Products = "products",
        /// Opportunities.
        Opportunities = "opportunities",
        /// Transactions.
        Transactions = "transactions",
        /// Leads.
        Leads = "leads",
    }
}

impl ImportKind {
    /// Our fields, by the names a [`super::Mapping`] takes: a record that is named, an owner or a
    /// product, goes without the `_id` of its field.
    pub fn fields(self) -> Vec<&'static str> {
        let fields = self.infos();
        let money = fields.iter().any(|field| field.kind == crate::kernel::Kind::Money);
        let names = fields.iter().map(|field| field.name);
        names.chain(money.then_some("currency")).collect()
    }

    /// Whether assignment rules are for such records.
    pub const fn is_given_by_rules(self) -> bool {
        matches!(self, Self::Customers | Self::Opportunities | Self::Leads)
    }

    pub(super) fn infos(self) -> Vec<FieldInfo> {
        match self {
            Self::Staff => fields_of::<StaffMember>(),
            Self::Customers => fields_of::<Customer>(),
            Self::Products => fields_of::<Product>(),
            Self::Opportunities => fields_of::<Opportunity>(),
            Self::Transactions => fields_of::<Transaction>(),
            Self::Leads => fields_of::<Lead>(),
        }
    }
}
