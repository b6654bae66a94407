"""What several commands share: who acts, pages, forms, and what Discord's refusals mean."""
