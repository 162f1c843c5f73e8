"""Allure: result files of our own, and steps in those of allure-pytest."""
