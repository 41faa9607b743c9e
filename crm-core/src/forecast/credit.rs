//! Whose an opportunity is, and of which product, part by part.

use rust_decimal::Decimal;

use crate::{
    kernel::{Id, Money},
    opportunity::parts,
    product::Product,
    staff_member::StaffMember,
};

use super::{groups::Grain, position::Position};

/// A part of opportunities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    pub(super) owner: Option<Id<StaffMember>>,
    pub(super) product: Option<Id<Product>>,
    pub(super) amount: Decimal,
    pub(super) weighted: Decimal,
}

/// The parts of an opportunity: by what its lines come to where products are asked for, by the
/// shares of its owners where people are. They add up to it exactly. `only` keeps those of one product.
pub(super) fn shares(position: &Position, grain: Grain, only: Option<Id<Product>>) -> Vec<Share> {
    let by_product = grain.product || only.is_some();
    let products = if by_product { products(position) } else { vec![(None, Decimal::ONE)] };
    let weights: Vec<_> = products.iter().map(|(_, weight)| *weight).collect();
    let amounts = parts(position.amount, &weights);
    let weighted = parts(position.weighted, &weights);
    let mut shares = Vec::new();
    for (((product, _), amount), weighted) in products.iter().zip(amounts).zip(weighted) {
        if only.is_some() && *product != only {
            continue;
        }
        let owners = match grain.owner {
            true => position.opportunity.splits.owners(position.owner),
            false => vec![(position.owner, Decimal::ONE)],
        };
        let weights: Vec<_> = owners.iter().map(|(_, weight)| *weight).collect();
        let each = parts(amount, &weights).into_iter().zip(parts(weighted, &weights));
        shares.extend(owners.into_iter().zip(each).map(|((owner, _), (amount, weighted))| Share {
            owner,
            product: *product,
            amount: amount.map_or(Decimal::ZERO, Money::amount),
            weighted: weighted.map_or(Decimal::ZERO, Money::amount),
        }));
    }
    shares
}

/// Each product once, with what its lines come to.
fn products(position: &Position) -> Vec<(Option<Id<Product>>, Decimal)> {
    let opportunity = &position.opportunity;
    let Ok(Some(totals)) = opportunity.lines.totals() else {
        return vec![(opportunity.product_id, Decimal::ONE)];
    };
    let mut products: Vec<(Option<Id<Product>>, Decimal)> = Vec::new();
    for (line, total) in opportunity.lines.0.iter().zip(&totals.lines) {
        let net = total.net.amount();
        match products.iter_mut().find(|(product, _)| *product == line.product_id) {
            Some((_, sum)) => *sum += net,
            None => products.push((line.product_id, net)),
        }
    }
    products
}
