"""The portal beside its peers over the same rows; `make bench` runs it."""

#: What is measured, by the module that measures it.
PARTS = {
    "embedded": ("list", "304", "page", "writers", "imports", "nearest"),
    "city": ("litestar", "nginx", "passes", "pages", "admin", "gate", "feed", "partners", "nearest"),
}
