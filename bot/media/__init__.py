"""Videos and images: fetching and probing them."""
