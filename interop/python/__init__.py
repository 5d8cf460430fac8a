"""The zeep drivers: stock, blocking, no code of the adapter."""
