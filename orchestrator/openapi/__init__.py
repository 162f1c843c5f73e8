"""The interface described: an OpenAPI document made of the operations, and a page made of it."""
