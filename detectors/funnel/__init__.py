"""How a scam funnel is pieced together: who advertises, who writes to people, who is paid."""
