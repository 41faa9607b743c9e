/// Whether the check character of a Chinese number of 18 characters is right: of an organisation
/// (unified social credit code, GB 32100-2015) or of a person (GB 11643-1999).
pub(super) fn is_chinese_number(number: &str) -> bool {
    is_credit_code(number) || is_resident_number(number)
}

/// The letters that the code leaves out look like digits.
const CREDIT_CODE: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

fn is_credit_code(number: &str) -> bool {
    let values: Option<Vec<usize>> =
        number.bytes().map(|sign| CREDIT_CODE.iter().position(|known| *known == sign)).collect();
    let Some((check, values)) = values.as_deref().and_then(<[usize]>::split_last) else {
        return false;
    };
    let mut weight = 1;
    let mut sum = 0;
    for value in values {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    values.len() == 17 && (31 - sum % 31) % 31 == *check
}

fn is_resident_number(number: &str) -> bool {
    // ISO 7064, MOD 11-2.
    let Some((digits, check)) = number.split_at_checked(17) else { return false };
    let mut sum = 0;
    for digit in digits.chars() {
        let Some(digit) = digit.to_digit(10) else { return false };
        sum = (sum + digit) * 2 % 11;
    }
    let expected = match (12 - sum) % 11 {
        10 => "X".to_owned(),
        digit => digit.to_string(),
    };
    check == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_sign_is_noticed() {
        for right in ["91350100M000100Y43", "11010519491231002X"] {
            assert!(is_chinese_number(right), "{right}");
            for at in 0..right.len() {
                let mut wrong = right.as_bytes().to_vec();
                wrong[at] = if wrong[at] == b'7' { b'8' } else { b'7' };
                let wrong = String::from_utf8(wrong).unwrap();
                assert!(!is_chinese_number(&wrong), "{wrong}");
            }
        }
        for other in ["", "9", "91350100M000100Y4", "91350100M000100Y433", "9135O100M000100Y43"] {
            assert!(!is_chinese_number(other), "{other}");
        }
    }
}
