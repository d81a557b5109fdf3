"""What reports and feeds say of values, pure: reading tables, what a cell is, how scores fall."""
