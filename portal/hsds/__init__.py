"""A read-only profile of Open Referral HSDS 3.0 over the stored public documents (decision 0036)."""
