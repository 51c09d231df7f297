"""The Live page of a product: its last hour by the minute and its entries as they come, moving by themselves."""
