"""What people ask AI services: templates of prompts, who uses them, which ones are one."""
