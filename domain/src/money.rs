use std::fmt;

/// A currency by its ISO 4217 code, for example `USD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Not three capital letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCurrency;

impl Currency {
    /// Reads a code. Whether such a currency is in use is for the edge to check.
    ///
    /// # Errors
    /// When it is not three capital letters.
    pub fn parse(code: &str) -> Result<Self, InvalidCurrency> {
        match code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|byte| byte.is_ascii_uppercase()) => {
                Ok(Self([*a, *b, *c]))
            }
            _ => Err(InvalidCurrency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

/// An amount in minor units (cents, yen, fils) of a currency. Never a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units; what they are worth is ISO 4217's exponent.
    pub amount: i64,
    /// Of which currency.
    pub currency: Currency,
}

/// Two amounts that cannot be counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneyError {
    /// They are of two currencies.
    CurrencyMismatch {
        /// The currency of the first.
        left: Currency,
        /// The currency of the second.
        right: Currency,
    },
    /// More than an `i64` of minor units.
    Overflow,
}

impl Money {
    /// An amount in minor units.
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// When the currencies differ, or it is too large.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.with(other, i64::checked_add)
    }

    /// The difference, which may be negative.
    ///
    /// # Errors
    /// When the currencies differ, or it is too large.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.with(other, i64::checked_sub)
    }

    /// The sum of at least one amount; `None` for none, which has no currency.
    ///
    /// # Errors
    /// When the currencies differ, or it is too large.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Option<Self>, MoneyError> {
        amounts.into_iter().try_fold(None, |total: Option<Self>, amount| {
            total.map_or(Ok(amount), |total| total.plus(amount)).map(Some)
        })
    }

    fn with(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            });
        }
        let amount = operation(self.amount, other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, currency: self.currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(amount: i64) -> Money {
        Money::new(amount, Currency::parse("USD").unwrap())
    }

    #[test]
    fn a_sum_is_exact_and_of_one_currency() {
        assert_eq!(Money::sum([usd(1), usd(2), usd(3)]), Ok(Some(usd(6))));
        assert_eq!(Money::sum([]), Ok(None));
        let eur = Money::new(1, Currency::parse("EUR").unwrap());
        assert!(matches!(usd(1).plus(eur), Err(MoneyError::CurrencyMismatch { .. })));
        assert_eq!(usd(i64::MAX).plus(usd(1)), Err(MoneyError::Overflow));
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!(Currency::parse("JPY").unwrap().to_string(), "JPY");
        for wrong in ["", "US", "usd", "USDX", "U1D"] {
            assert_eq!(Currency::parse(wrong), Err(InvalidCurrency), "{wrong}");
        }
    }
}
