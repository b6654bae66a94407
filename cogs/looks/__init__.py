"""``/restyle-looks``: words for a clip to be restyled by, found, tried, saved and looked after."""
