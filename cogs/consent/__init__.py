"""The word of whoever posted the clip that another member wants to restyle."""
